"""The functions that a trading hour does not call, each with the event that the cloud sends."""

import json

from local.processes.local_aws import LocalAwsAddress
from quantterminal import topology
from tests.deploy_local.checks.doors import ask, check_doors
from tests.deploy_local.findings import Findings
from tests.deploy_local.fleet import Fleet
from tests.deploy_local.ground import Ground
from tests.deploy_local.inventory import Inventory


def check_calls(
    findings: Findings,
    inventory: Inventory,
    *,
    fleet: Fleet,
    ground: Ground,
    address: LocalAwsAddress,
) -> None:
    picture = json.loads(ask(inventory, "GET", "/api/dashboard")["body"])
    findings.holds("api answers with the picture", "dashboard" in picture, picture)
    halt = ask(inventory, "POST", "/api/halt", groups="[viewers]")
    findings.equal("api refuses who is no operator", halt["statusCode"], 403)
    found = inventory.invoke("live", {"requestContext": {"routeKey": "order"}})
    findings.equal("live takes no orders", found["statusCode"], 400)
    _check_backfill(findings, inventory)
    found = inventory.invoke("maintenance", {})
    findings.holds("maintenance counts what it forgot", set(found.values()) == {0}, found)
    found = inventory.invoke("migrate", {})
    findings.equal("migrate has nothing new after the deploy", found, {"applied": []})
    _check_power(findings, inventory)
    check_doors(findings, inventory, ground=ground, address=address)
    never = {each.name for each in topology.FUNCTIONS} - set(fleet.executed)
    findings.equal("functions that were never executed", never, set())
    findings.equal("executions that failed", fleet.problems, [])


def _check_backfill(findings: Findings, inventory: Inventory) -> None:
    """The day of the hour again over the feed's REST: nothing was missing."""
    found = inventory.invoke("backfill", {"force": True})
    findings.equal("backfill finds no gap", (found["stored"], found["unanswered"]), ({}, []))


def _check_power(findings: Findings, inventory: Inventory) -> None:
    service, cluster = inventory.one("AWS::ECS::Service"), inventory.one("AWS::ECS::Cluster")

    def wanted() -> int:
        found = inventory.client("ecs").describe_services(cluster=cluster, services=[service])
        count: int = found["services"][0]["desiredCount"]
        return count

    for action, count in (("container-up", 1), ("container-down", 0)):
        inventory.invoke("power", {"action": action, "force": True})
        findings.equal(f"power: {action}", wanted(), count)
