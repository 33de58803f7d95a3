"""The CDK app: which stacks there are and what each hands to the next.

`python -m infra_cdk.app` writes the templates and assets; it asks no account and no network but
the package index, and needs no Docker. `infra_cdk.deployment` and `infra_cdk.building` say what the
context may hold.
"""

import json
import os
import sys
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra_cdk.building import ROOT, Building, read_building
from infra_cdk.deployment import Deployment, read_deployment
from infra_cdk.errors import InfraError
from infra_cdk.stacks.api import ApiStack
from infra_cdk.stacks.compute import ComputeStack
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.ingest import IngestStack
from infra_cdk.stacks.messaging import MessagingStack
from infra_cdk.stacks.network import NetworkStack
from infra_cdk.stacks.observability import ObservabilityStack
from infra_cdk.stacks.page import PageStack
from infra_cdk.stacks.web import WebStack
from infra_cdk.supplies import supplies

REGION = "us-east-1"


def build(*, outdir: str, context: dict[str, Any] | None = None) -> cdk.App:
    """The app with every stack; `synth()` of it writes to `outdir`. Raises InfraError
    when what the context says is wrong.
    """
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(outdir=outdir, context={**flags, **(context or {})}, analytics_reporting=False)
    said = app.node.get_all_context()
    _Stacks(app, read_deployment(said), read_building(said)).build()
    cdk.Tags.of(app).add("application", "quantterminal")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    return app


class _Stacks:
    """Makes the stacks in the order in which they need each other."""

    def __init__(self, app: cdk.App, deployment: Deployment, building: Building) -> None:
        self._app = app
        self._deployment = deployment
        self._building = building

    def build(self) -> None:
        network = self._stack(
            NetworkStack, "Network", nat_image=self._building.nat_image, **self._told()
        )
        messaging = self._stack(MessagingStack, "Messaging", **self._told())
        data = self._stack(DataStack, "Data", network=network, **self._told())
        web = self._stack(WebStack, "Web", **self._told())
        supplied = supplies(
            self._deployment,
            code_version=self._building.code_version,
            messaging=messaging,
            data=data,
            web=web,
        )
        ingest = self._stack(
            IngestStack,
            "Ingest",
            building=self._building,
            network=network,
            supplies=supplied,
            **self._told(),
        )
        compute = self._stack(
            ComputeStack,
            "Compute",
            building=self._building,
            network=network,
            messaging=messaging,
            supplies=supplied.with_container(
                service_arn=ingest.service.service_arn, path=ingest.service_path
            ),
            **self._told(),
        )
        api = self._stack(ApiStack, "Api", compute=compute, web=web, **self._told())
        self._stack(
            ObservabilityStack,
            "Observability",
            messaging=messaging,
            data=data,
            compute=compute,
            web=web,
            **self._told(),
        )
        if self._building.page is not None:
            self._stack(PageStack, "Page", files=self._building.page, web=web, api=api)

    def _told(self) -> dict[str, Any]:
        return {"deployment": self._deployment}

    def _stack(self, kind: Any, name: str, **options: Any) -> Any:
        stage = self._deployment.table.stage
        return kind(
            self._app,
            f"QuantTerminal-{stage}-{name}",
            env=cdk.Environment(region=REGION),
            description=f"QuantTerminal, {stage}: {kind.__doc__.splitlines()[0].rstrip('.')}",
            termination_protection=self._deployment.is_live and name in ("Data", "Api"),
            **options,
        )


def main() -> int:
    outdir = os.environ.get("CDK_OUTDIR", "cdk.out")
    try:
        build(outdir=outdir).synth()
    except InfraError as problem:
        sys.stderr.write(f"synth: {problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
