from tests.infra.conftest import Template


def test_the_bucket_is_private_versioned_and_survives_its_stack(
    templates: dict[str, Template],
) -> None:
    [(name, bucket)] = templates["Archive"].of_type("AWS::S3::Bucket").items()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in bucket
    assert templates["Archive"].resources[name]["DeletionPolicy"] == "Retain"
