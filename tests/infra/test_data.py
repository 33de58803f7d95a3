import json

import pytest

from tests.infra.synthesized import Assembly, Template


@pytest.fixture
def data(paper: Assembly) -> Template:
    return paper["Data"]


def test_the_ledger_is_private_encrypted_and_can_be_restored(data: Template) -> None:
    ledger = data.only("AWS::RDS::DBInstance")
    assert ledger["PubliclyAccessible"] is False
    assert ledger["StorageEncrypted"] is True
    assert ledger["BackupRetentionPeriod"] == 7
    assert ledger["DBInstanceClass"] == "db.t4g.micro"
    assert data.only("AWS::RDS::DBParameterGroup")["Parameters"] == {"rds.force_ssl": "1"}


def test_the_ledger_leaves_a_snapshot_and_a_live_one_is_not_deleted(
    paper: Assembly, live: Assembly
) -> None:
    for assembly, protected in ((paper, False), (live, True)):
        [(name, ledger)] = assembly["Data"].of_type("AWS::RDS::DBInstance").items()
        assert assembly["Data"].resources[name]["DeletionPolicy"] == "Snapshot"
        assert ledger["DeletionProtection"] is protected


def test_the_ledgers_password_is_made_by_aws(data: Template) -> None:
    ledger = data.only("AWS::RDS::DBInstance")
    assert "resolve:secretsmanager" in json.dumps(ledger["MasterUserPassword"])
    assert len(data.of_type("AWS::SecretsManager::SecretTargetAttachment")) == 1


def test_the_vendors_secrets_are_made_without_a_value(data: Template) -> None:
    for name in ("BrokerSecret", "FeedSecret"):
        secret = data.named("AWS::SecretsManager::Secret", name)
        assert secret.keys() & {"SecretString", "GenerateSecretString"} == set()


def test_the_archive_is_locked_private_and_stays(paper: Assembly, live: Assembly) -> None:
    for assembly, mode in ((paper, "GOVERNANCE"), (live, "COMPLIANCE")):
        template = assembly["Data"]
        archive = template.named("AWS::S3::Bucket", "Archive/Resource")
        retention = archive["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        assert archive["ObjectLockEnabled"] is True
        assert retention == {"Mode": mode, "Days": 365}
        assert archive["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(archive["PublicAccessBlockConfiguration"].values()) == {True}
        assert "BucketEncryption" in archive
        assert "LoggingConfiguration" in archive
        for name in template.of_type("AWS::S3::Bucket"):
            assert template.resources[name]["DeletionPolicy"] == "Retain"


def test_the_serverless_cache_asks_for_a_password_over_tls(data: Template) -> None:
    cache = data.only("AWS::ElastiCache::ServerlessCache")
    assert cache["Engine"] == "valkey"
    assert cache["CacheUsageLimits"]["DataStorage"] == {"Unit": "GB", "Maximum": 1}
    assert data.text(cache["UserGroupId"]) == "<WorkingStateUsers>"


def test_the_cache_node_asks_for_a_password_over_tls_and_evicts_nothing(live: Assembly) -> None:
    template = live["Data"]
    node = template.only("AWS::ElastiCache::ReplicationGroup")
    assert node["TransitEncryptionEnabled"] is True
    assert node["TransitEncryptionMode"] == "required"
    assert node["AtRestEncryptionEnabled"] is True
    assert [template.text(each) for each in node["UserGroupIds"]] == ["<WorkingStateUsers>"]
    parameters = template.only("AWS::ElastiCache::ParameterGroup")["Properties"]
    assert parameters == {"maxmemory-policy": "noeviction"}


def test_the_cache_user_cannot_administer(data: Template) -> None:
    user = data.only("AWS::ElastiCache::User")
    assert user["AccessString"].endswith("-@admin -@dangerous")
    assert user["AuthenticationMode"]["Type"] == "password"


def test_there_is_no_public_way_to_the_data(paper: Assembly, live: Assembly) -> None:
    for assembly in (paper, live):
        subnets = assembly["Data"].only("AWS::RDS::DBSubnetGroup")["SubnetIds"]
        assert all("PrivateSubnet" in assembly["Data"].text(each) for each in subnets)
