"""Every type of resource that the templates may hold: priced by a rule, or free for a reason.

A type that stands in neither table stops the estimate, so that a new one cannot slip by unpriced.
"""

from cli.cost import rules
from cli.cost.rules import Rule

BILLED: dict[str, Rule] = {
    "AWS::ApiGatewayV2::Api": rules.gateway,
    "AWS::Budgets::BudgetsAction": rules.budget_action,
    "AWS::CloudFront::Distribution": rules.distribution,
    "AWS::CloudWatch::Alarm": rules.alarm,
    "AWS::CloudWatch::CompositeAlarm": rules.composite_alarm,
    "AWS::CloudWatch::Dashboard": rules.dashboard,
    "AWS::Cognito::UserPool": rules.user_pool,
    "AWS::EC2::EIP": rules.address,
    "AWS::EC2::FlowLog": rules.flow_log,
    "AWS::EC2::Instance": rules.instance,
    "AWS::EC2::NatGateway": rules.nat_gateway,
    "AWS::EC2::VPCEndpoint": rules.endpoint,
    "AWS::ECS::Cluster": rules.cluster,
    "AWS::ECS::Service": rules.fargate_service,
    "AWS::ECS::TaskDefinition": rules.fargate_task,
    "AWS::ElastiCache::ReplicationGroup": rules.cache_nodes,
    "AWS::ElastiCache::ServerlessCache": rules.serverless_cache,
    "AWS::Events::Archive": rules.event_archive,
    "AWS::Events::EventBus": rules.event_bus,
    "AWS::KMS::Key": rules.key,
    "AWS::Lambda::EventSourceMapping": rules.event_source,
    "AWS::Lambda::Function": rules.function,
    "AWS::Logs::MetricFilter": rules.metric_filter,
    "AWS::RDS::DBInstance": rules.database,
    "AWS::S3::Bucket": rules.bucket,
    "AWS::SNS::Topic": rules.topic,
    "AWS::SecretsManager::Secret": rules.secret,
}

_RIGHTS = "rights and names are free"
_NETWORK = "parts of a network are free; what passes through them is counted where it is billed"
_PART = "a part of its API, priced there"
_DEPLOY = "used at a deploy only"

FREE: dict[str, str] = {
    "AWS::ApiGateway::Account": _RIGHTS,
    "AWS::ApiGatewayV2::ApiMapping": _PART,
    "AWS::ApiGatewayV2::Authorizer": _PART,
    "AWS::ApiGatewayV2::Deployment": _PART,
    "AWS::ApiGatewayV2::Integration": _PART,
    "AWS::ApiGatewayV2::IntegrationResponse": _PART,
    "AWS::ApiGatewayV2::Route": _PART,
    "AWS::ApiGatewayV2::RouteResponse": _PART,
    "AWS::ApiGatewayV2::Stage": "its access log is within the gigabytes of logs",
    "AWS::Budgets::Budget": "watching is free; a budget's action is priced by itself",
    "AWS::CDK::Metadata": _DEPLOY,
    "AWS::CloudFormation::CustomResource": _DEPLOY,
    "AWS::CloudFront::Function": "2 million calls a month are free",
    "AWS::CloudFront::OriginAccessControl": _RIGHTS,
    "AWS::CloudFront::ResponseHeadersPolicy": _RIGHTS,
    "AWS::Cognito::UserPoolClient": _RIGHTS,
    "AWS::Cognito::UserPoolDomain": _RIGHTS,
    "AWS::Cognito::UserPoolGroup": _RIGHTS,
    "AWS::Cognito::UserPoolResourceServer": _RIGHTS,
    "AWS::EC2::InstanceProfile": _RIGHTS,
    "AWS::EC2::InternetGateway": _NETWORK,
    "AWS::EC2::LaunchTemplate": _RIGHTS,
    "AWS::EC2::Route": _NETWORK,
    "AWS::EC2::RouteTable": _NETWORK,
    "AWS::EC2::SecurityGroup": _NETWORK,
    "AWS::EC2::SecurityGroupEgress": _NETWORK,
    "AWS::EC2::SecurityGroupIngress": _NETWORK,
    "AWS::EC2::Subnet": _NETWORK,
    "AWS::EC2::SubnetRouteTableAssociation": _NETWORK,
    "AWS::EC2::VPC": _NETWORK,
    "AWS::EC2::VPCGatewayAttachment": _NETWORK,
    "AWS::ElastiCache::ParameterGroup": _RIGHTS,
    "AWS::ElastiCache::SubnetGroup": _NETWORK,
    "AWS::ElastiCache::User": _RIGHTS,
    "AWS::ElastiCache::UserGroup": _RIGHTS,
    "AWS::Events::Rule": "rules are free; the events are priced with their bus",
    "AWS::IAM::InstanceProfile": _RIGHTS,
    "AWS::IAM::ManagedPolicy": _RIGHTS,
    "AWS::IAM::Policy": _RIGHTS,
    "AWS::IAM::Role": _RIGHTS,
    "AWS::KMS::Alias": _RIGHTS,
    "AWS::Lambda::LayerVersion": _DEPLOY,
    "AWS::Lambda::Permission": _RIGHTS,
    "AWS::Logs::LogGroup": "what is written to it is counted with its writers; keeping it for a"
    " month is $0.03/GB of a compressed half gigabyte",
    "AWS::Logs::ResourcePolicy": _RIGHTS,
    "AWS::RDS::DBParameterGroup": _RIGHTS,
    "AWS::RDS::DBSubnetGroup": _NETWORK,
    "AWS::S3::BucketPolicy": _RIGHTS,
    "AWS::SNS::Subscription": "1,000 e-mails a month are free",
    "AWS::SNS::TopicPolicy": _RIGHTS,
    "AWS::SQS::Queue": "requests are billed, not queues; they are counted with who polls",
    "AWS::SQS::QueuePolicy": _RIGHTS,
    "AWS::SSM::Parameter": "standard parameters are free",
    "AWS::Scheduler::Schedule": "14 million calls a month are free; these are under 0.1 million",
    "AWS::Scheduler::ScheduleGroup": _RIGHTS,
    "AWS::SecretsManager::ResourcePolicy": _RIGHTS,
    "AWS::SecretsManager::SecretTargetAttachment": _RIGHTS,
}
CUSTOM_TYPES = "Custom::"


def reason_to_be_free(kind: str) -> str | None:
    """Why a type costs nothing; None when it costs something or is not known."""
    return _DEPLOY if kind.startswith(CUSTOM_TYPES) else FREE.get(kind)
