"""What the functions stand in: network, stores, buckets, sign-in and doors."""

from tests.deploy_local.findings import Findings
from tests.deploy_local.inventory import Inventory


def check_surroundings(findings: Findings, inventory: Inventory) -> None:
    _check_network(findings, inventory)
    _check_database(findings, inventory)
    _check_cache(findings, inventory)
    _check_container(findings, inventory)
    _check_bucket(findings, inventory)
    _check_doors(findings, inventory)


def _check_network(findings: Findings, inventory: Inventory) -> None:
    ec2 = inventory.client("ec2")
    instance = inventory.one("AWS::EC2::Instance")
    found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    findings.equal("way out: an instance", found["InstanceType"], "t4g.nano")
    groups = [physical for _, _, physical in inventory.resources("AWS::EC2::SecurityGroup")]
    described = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    open_ports = [
        (group["GroupName"], rule.get("FromPort"))
        for group in described
        for rule in group["IpPermissions"]
        if any(each["CidrIp"] == "0.0.0.0/0" for each in rule.get("IpRanges", []))
    ]
    findings.equal("nothing is open to the Internet", open_ports, [])


def _check_database(findings: Findings, inventory: Inventory) -> None:
    name = inventory.one("AWS::RDS::DBInstance")
    [found] = inventory.client("rds").describe_db_instances(DBInstanceIdentifier=name)[
        "DBInstances"
    ]
    shown = (found["PubliclyAccessible"], found["StorageEncrypted"], found["DBInstanceClass"])
    findings.equal("ledger: private, encrypted, small", shown, (False, True, "db.t4g.micro"))


def _check_cache(findings: Findings, inventory: Inventory) -> None:
    name = inventory.one("AWS::ElastiCache::ServerlessCache")
    [found] = inventory.client("elasticache").describe_serverless_caches(ServerlessCacheName=name)[
        "ServerlessCaches"
    ]
    shown = (found["Engine"], found["CacheUsageLimits"]["DataStorage"]["Maximum"])
    findings.equal("working state: Valkey, at most 1 GB", shown, ("valkey", 1))


def _check_container(findings: Findings, inventory: Inventory) -> None:
    ecs = inventory.client("ecs")
    service = inventory.one("AWS::ECS::Service")
    cluster = inventory.one("AWS::ECS::Cluster")
    [found] = ecs.describe_services(cluster=cluster, services=[service])["services"]
    limits = found["deploymentConfiguration"]
    shown = (
        found["desiredCount"],
        limits["minimumHealthyPercent"],
        limits["maximumPercent"],
        found["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"],
    )
    findings.equal("container: asleep, one at a time, private", shown, (0, 0, 100, "DISABLED"))


def _check_bucket(findings: Findings, inventory: Inventory) -> None:
    s3, bucket = inventory.client("s3"), inventory.variables("reports")["QT_BUCKET"]
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    mode = lock["Rule"]["DefaultRetention"]["Mode"]
    versioning = s3.get_bucket_versioning(Bucket=bucket)["Status"]
    findings.equal("archive: versions and lock", (versioning, mode), ("Enabled", "GOVERNANCE"))
    for _, logical, name in inventory.resources("AWS::S3::Bucket"):
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        findings.equal(f"bucket {logical} is private", set(block.values()), {True})


def _check_doors(findings: Findings, inventory: Inventory) -> None:
    pool = inventory.client("cognito-idp").describe_user_pool(
        UserPoolId=inventory.one("AWS::Cognito::UserPool")
    )["UserPool"]
    shown = (
        pool["MfaConfiguration"],
        pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"],
    )
    findings.equal("sign-in: second factor, no self sign-up", shown, ("ON", True))
    apis = inventory.client("apigatewayv2")
    for each in apis.get_apis()["Items"]:
        routes = apis.get_routes(ApiId=each["ApiId"])["Items"]
        unguarded = [
            route["RouteKey"]
            for route in routes
            if route.get("AuthorizationType", "NONE") == "NONE"
            and route["RouteKey"] not in ("$disconnect", "$default")
        ]
        findings.equal(f"{each['ProtocolType']} API: routes without a guard", unguarded, [])
