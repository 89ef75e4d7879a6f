"""The types of the Cloud Control API that moto has: how one is created, listed and deleted with the AWS SDK for Python.

The server reads and deletes them with these calls to itself, and `cloud_control_world.py` creates and lists them.
"""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import schemas

# What a service raises when it refuses a call.
REFUSED = ClientError

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
]}


class Kind:
    """A type that moto has.

    `create` makes one with a name and tags, in a world that keeps what others need. `all` yields the properties of
    every resource, as the schema names them. `delete` gets the properties of one.
    """

    def __init__(self, service, create, all, delete, moto=None, update=None, arn=None):
        self.service, self.create, self.list, self.remove = service, create, all, delete
        self.moto, self.update, self.arn = moto or service, update, arn

    def is_used(self, account, region):
        """Whether moto has a backend of the service in this place: without one, it has no resource."""
        # Only the server has backends, and importing them takes seconds.
        from moto.backends import get_backend

        backends = get_backend(self.moto)
        if account not in backends:
            return False
        of = backends[account]
        return region in of or "aws" in of

    def all(self, client):
        found = list(self.list(client))
        for one in found:
            if self.arn and "Arn" not in one:
                region, account = client.meta.region_name, account_of(client)
                one["Arn"] = self.arn.format(region=region, account=account, **one)
        return found


def account_of(client):
    return client._request_signer._credentials.access_key


def identifier_of(type_name, properties):
    parts = [properties.get(pointer.split("/")[-1]) for pointer in schemas.schema(type_name)["primaryIdentifier"]]
    return "|".join("" if part is None else str(part) for part in parts)


def client(service, region, endpoint=None, account=None):
    return boto3.client(
        service, region_name=region, endpoint_url=endpoint, aws_access_key_id=account,
        aws_secret_access_key=account and "testing", config=Config(retries={"total_max_attempts": 1}),
    )


def pairs(tags):
    """A list of tags, as most schemas have it."""
    if isinstance(tags, dict):
        return [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"Key": tag.get("Key", tag.get("key")), "Value": tag.get("Value", tag.get("value"))} for tag in tags or []]


def lower(tags):
    return [{"key": key, "value": value} for key, value in tags.items()]


def pages(client, call, key, **arguments):
    if not client.can_paginate(call):
        return getattr(client, call)(**arguments)[key]
    return [one for page in client.get_paginator(call).paginate(**arguments) for one in page.get(key, [])]


def ec2(kind, create, described, ids, delete, prefix):
    """A type of EC2, whose descriptions have the tags."""
    call, key, id_key = described
    return Kind(
        "ec2",
        lambda world, name, tags: create(
            world, [{"ResourceType": kind, "Tags": pairs(tags)}] if tags else []
        ),
        lambda client: [
            {ids: one[id_key], "Tags": pairs(one.get("Tags")), **prefix(one)}
            for one in getattr(client, call)()[key] if one.get("State", "") not in ("deleted", "deleting")
        ],
        lambda client, one: delete(client, one[ids]),
    )


def rest_stage(world, name, tags):
    api = world.client("apigateway")
    rest = api.create_rest_api(name=f"{name}-staged", tags=world.tags)["id"]
    root = api.get_resources(restApiId=rest)["items"][0]["id"]
    api.put_method(restApiId=rest, resourceId=root, httpMethod="GET", authorizationType="NONE")
    api.put_integration(restApiId=rest, resourceId=root, httpMethod="GET", type="MOCK", integrationHttpMethod="GET")
    deployment = api.create_deployment(restApiId=rest)["id"]
    api.create_stage(restApiId=rest, stageName="prod", deploymentId=deployment, tags=tags)


def file_system(world, name, tags):
    efs = world.client("efs")
    made = efs.create_file_system(CreationToken=name, Tags=pairs(tags))["FileSystemId"]
    efs.create_mount_target(FileSystemId=made, SubnetId=world.subnet())
    return made


def certificate(world, name, tags):
    arguments = {"Tags": pairs(tags)} if tags else {}
    world.client("acm").request_certificate(DomainName=f"{name}.example.com", **arguments)


def zone(world, name, tags):
    dns = world.client("route53")
    made = dns.create_hosted_zone(Name=f"{name}.example.com", CallerReference=name)["HostedZone"]["Id"].split("/")[-1]
    if tags:
        dns.change_tags_for_resource(ResourceType="hostedzone", ResourceId=made, AddTags=pairs(tags))
    record = {"Name": f"www.{name}.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    dns.change_resource_record_sets(
        HostedZoneId=made, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )


def zones(client):
    for one in client.list_hosted_zones()["HostedZones"]:
        id = one["Id"].split("/")[-1]
        tags = client.list_tags_for_resource(ResourceType="hostedzone", ResourceId=id)["ResourceTagSet"]["Tags"]
        yield {"Id": id, "Name": one["Name"], "HostedZoneTags": pairs(tags), "Arn": f"arn:aws:route53:::hostedzone/{id}"}


def delete_zone(client, one):
    if any(record["HostedZoneId"] == one["Id"] and not is_apex(record, one) for record in records(client)):
        raise refused("HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets")
    client.delete_hosted_zone(Id=one["Id"])


def refused(code, message):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Delete")


def is_apex(record, zone):
    return record["Type"] in ("NS", "SOA") and record["Name"].strip(".") == zone["Name"].strip(".")


def records(client):
    for one in client.list_hosted_zones()["HostedZones"]:
        id = one["Id"].split("/")[-1]
        for record in client.list_resource_record_sets(HostedZoneId=id)["ResourceRecordSets"]:
            yield {"HostedZoneId": id, "Name": record["Name"], "Type": record["Type"], "TTL": record.get("TTL"),
                   "ResourceRecords": [value["Value"] for value in record.get("ResourceRecords", [])]}


def delete_record(client, one):
    record = {"Name": one["Name"], "Type": one["Type"], "TTL": one["TTL"],
              "ResourceRecords": [{"Value": value} for value in one["ResourceRecords"]]}
    change = {"Action": "DELETE", "ResourceRecordSet": record}
    client.change_resource_record_sets(HostedZoneId=one["HostedZoneId"], ChangeBatch={"Changes": [change]})


def health_check(world, name, tags):
    dns = world.client("route53")
    config = {"Type": "HTTP", "FullyQualifiedDomainName": f"{name}.example.com", "Port": 80}
    made = dns.create_health_check(CallerReference=name, HealthCheckConfig=config)["HealthCheck"]["Id"]
    if tags:
        dns.change_tags_for_resource(ResourceType="healthcheck", ResourceId=made, AddTags=pairs(tags))


def health_checks(client):
    for one in client.list_health_checks()["HealthChecks"]:
        id = one["Id"]
        tags = client.list_tags_for_resource(ResourceType="healthcheck", ResourceId=id)["ResourceTagSet"]["Tags"]
        yield {"HealthCheckId": id, "HealthCheckTags": pairs(tags), "Arn": f"arn:aws:route53:::healthcheck/{id}"}


def distribution(world, name, tags):
    config = {
        "CallerReference": name, "Comment": name, "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "origin", "DomainName": f"{name}.example.com",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
        }]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "origin", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        },
    }
    world.client("cloudfront").create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": pairs(tags)}}
    )


def distributions(client):
    for one in client.list_distributions()["DistributionList"].get("Items", []):
        tags = client.list_tags_for_resource(Resource=one["ARN"])["Tags"]["Items"]
        yield {"Id": one["Id"], "Arn": one["ARN"], "Tags": pairs(tags),
               "DistributionConfig": {"Enabled": one["Enabled"]}}


def disable_distribution(client, one, step):
    found = client.get_distribution_config(Id=one["Id"])
    config = found["DistributionConfig"] | {"Enabled": step["value"]}
    client.update_distribution(Id=one["Id"], IfMatch=found["ETag"], DistributionConfig=config)


def delete_distribution(client, one):
    if one["DistributionConfig"]["Enabled"]:
        message = "The distribution you are trying to delete has not been disabled."
        raise refused("DistributionNotDisabled", message)
    etag = client.get_distribution(Id=one["Id"])["ETag"]
    client.delete_distribution(Id=one["Id"], IfMatch=etag)


def stream(world, name, tags):
    kinesis = world.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    if tags:
        kinesis.add_tags_to_stream(StreamName=name, Tags=tags)


def streams(client):
    for name in pages(client, "list_streams", "StreamNames"):
        about = client.describe_stream(StreamName=name)["StreamDescription"]
        if about["StreamStatus"] != "DELETING":
            yield {"Name": name, "Arn": about["StreamARN"], "Tags": client.list_tags_for_stream(StreamName=name)["Tags"]}


def delivery_stream(world, name, tags):
    bucket = {"RoleARN": world.role(), "BucketARN": "arn:aws:s3:::of-all"}
    arguments = {"Tags": pairs(tags)} if tags else {}
    world.client("firehose").create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=bucket, **arguments
    )


def delivery_streams(client):
    for name in client.list_delivery_streams()["DeliveryStreamNames"]:
        about = client.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        tags = client.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]
        yield {"DeliveryStreamName": name, "Arn": about["DeliveryStreamARN"], "Tags": pairs(tags)}


def user_pools(client):
    for one in pages(client, "list_user_pools", "UserPools", MaxResults=60):
        about = client.describe_user_pool(UserPoolId=one["Id"])["UserPool"]
        yield {"UserPoolId": one["Id"], "Arn": about["Arn"], "UserPoolTags": about.get("UserPoolTags", {}),
               "DeletionProtection": about.get("DeletionProtection", "INACTIVE")}


def identity_pools(client):
    for one in client.list_identity_pools(MaxResults=60)["IdentityPools"]:
        about = client.describe_identity_pool(IdentityPoolId=one["IdentityPoolId"])
        yield {"Id": one["IdentityPoolId"], "IdentityPoolTags": pairs(about.get("IdentityPoolTags", {}))}


def domains(client):
    for one in client.list_domain_names()["DomainNames"]:
        about = client.describe_domain(DomainName=one["DomainName"])["DomainStatus"]
        tags = client.list_tags(ARN=about["ARN"])["TagList"]
        yield {"DomainName": one["DomainName"], "Arn": about["ARN"], "Tags": pairs(tags)}


def kafka_cluster(world, name, tags):
    world.client("kafka").create_cluster(
        ClusterName=name, KafkaVersion="3.6.0", NumberOfBrokerNodes=2, Tags=tags,
        BrokerNodeGroupInfo={"InstanceType": "kafka.m5.large", "ClientSubnets": [world.subnet()], "SecurityGroups": []},
    )


def redshift_cluster(world, name, tags):
    world.client("redshift").create_cluster(
        ClusterIdentifier=name, NodeType="ra3.large", MasterUsername="root", MasterUserPassword="Secret-123",
        ClusterType="single-node", Tags=pairs(tags),
    )


def memorydb_user(world, name, tags):
    world.client("memorydb").create_user(
        UserName=name, AccessString="on ~* +@all", Tags=pairs(tags),
        AuthenticationMode={"Type": "password", "Passwords": ["a-password-of-16-characters"]},
    )


def memorydb(call, key, name, made):
    def all(client):
        for one in getattr(client, call)()[key]:
            if one["Name"] != "default":
                yield {name: one["Name"], "Arn": one["ARN"], "Tags": pairs(client.list_tags(ResourceArn=one["ARN"])["TagList"])}

    return all


def wafv2(list_call, key, delete_call):
    """A type of WAF, for the resources of one region."""
    def all(client):
        for one in getattr(client, list_call)(Scope="REGIONAL")[key]:
            tags = client.list_tags_for_resource(ResourceARN=one["ARN"])["TagInfoForResource"]["TagList"]
            yield {"Name": one["Name"], "Id": one["Id"], "Scope": "REGIONAL", "Arn": one["ARN"], "Tags": pairs(tags)}

    def delete(client, one):
        for found in getattr(client, list_call)(Scope="REGIONAL")[key]:
            if found["Id"] == one["Id"]:
                getattr(client, delete_call)(
                    Name=one["Name"], Id=one["Id"], Scope="REGIONAL", LockToken=found["LockToken"]
                )

    return all, delete


WAF_VISIBILITY = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}


def pipeline(world, name, tags):
    stages = [
        {"name": "Source", "actions": [{"name": "Source", "actionTypeId": {
            "category": "Source", "owner": "AWS", "provider": "S3", "version": "1",
        }}]},
        {"name": "Build", "actions": [{"name": "Build", "actionTypeId": {
            "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1",
        }}]},
    ]
    world.client("codepipeline").create_pipeline(tags=lower(tags), pipeline={
        "name": name, "roleArn": world.role("codepipeline"), "stages": stages,
        "artifactStore": {"type": "S3", "location": "of-all"},
    })


def pipelines(client):
    for one in client.list_pipelines()["pipelines"]:
        arn = client.get_pipeline(name=one["name"])["metadata"]["pipelineArn"]
        yield {"Name": one["name"], "Arn": arn, "Tags": pairs(client.list_tags_for_resource(resourceArn=arn)["tags"])}


def glue(call, key, kind, service="glue"):
    """A type of Glue, whose tags are read by its ARN."""
    def all(client):
        for one in getattr(client, call)()[key]:
            name = one["Name"] if isinstance(one, dict) else one
            arn = f"arn:aws:glue:{client.meta.region_name}:{account_of(client)}:{kind}/{name}"
            yield {"Name": name, "Arn": arn, "Tags": client.get_tags(ResourceArn=arn)["Tags"]}

    return all


def sagemaker(call, key, name, kind):
    def all(client):
        for one in pages(client, call, key):
            tags = client.list_tags(ResourceArn=one[f"{kind}Arn"])["Tags"]
            yield {f"{kind}Arn": one[f"{kind}Arn"], f"{kind}Name": one[name], "Tags": pairs(tags)}

    return all


def sagemaker_model(world, name, tags):
    made = world.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=world.role(), Tags=pairs(tags))
    return made["ModelArn"]


def batch_environment(world, name, tags):
    world.client("batch").create_compute_environment(
        computeEnvironmentName=name, type="UNMANAGED", state="ENABLED", serviceRole=world.role(), tags=tags
    )


def delete_batch_environment(client, one):
    arn = one["ComputeEnvironmentArn"]
    client.update_compute_environment(computeEnvironment=arn, state="DISABLED")
    client.delete_compute_environment(computeEnvironment=arn)


def state_machine(world, name, tags):
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    arguments = {"tags": lower(tags)} if tags else {}
    world.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=world.role(), **arguments
    )


def with_tags(call, key, id_key, arn_key, properties, tags_call, tags_argument, tags_key):
    """A type whose list lacks the tags, which another call reads by ARN."""
    id_property, arn_property = properties

    def all(client):
        for one in pages(client, call, key):
            tags = getattr(client, tags_call)(**{tags_argument: one[arn_key]})[tags_key]
            yield {id_property: one[id_key], arn_property: one[arn_key], "Tags": tags if isinstance(tags, dict) else pairs(tags)}

    return all


def dashboards(client):
    for one in client.list_dashboards()["DashboardEntries"]:
        yield {"DashboardName": one["DashboardName"]}


def backup_plan(world, name, tags):
    world.client("backup").create_backup_plan(BackupPlanTags=tags, BackupPlan={
        "BackupPlanName": name, "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "Default"}],
    })


def backup_plans(client):
    for one in client.list_backup_plans()["BackupPlansList"]:
        arn = one["BackupPlanArn"]
        yield {"BackupPlanId": one["BackupPlanId"], "BackupPlanArn": arn,
               "BackupPlanTags": client.list_tags(ResourceArn=arn)["Tags"]}


def backup_vaults(client):
    for one in client.list_backup_vaults()["BackupVaultList"]:
        arn = one["BackupVaultArn"]
        yield {"BackupVaultName": one["BackupVaultName"], "BackupVaultArn": arn,
               "BackupVaultTags": client.list_tags(ResourceArn=arn)["Tags"]}


def namespaces(client):
    for one in client.list_namespaces()["Namespaces"]:
        if one["Type"] == "HTTP":
            tags = client.list_tags_for_resource(ResourceARN=one["Arn"])["Tags"]
            yield {"Id": one["Id"], "Arn": one["Arn"], "Name": one["Name"], "Tags": pairs(tags)}


def mount_targets(client):
    for system in client.describe_file_systems()["FileSystems"]:
        for one in client.describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]:
            yield {"Id": one["MountTargetId"], "FileSystemId": one["FileSystemId"], "SubnetId": one["SubnetId"]}


def classic_balancer(world, name, tags):
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    world.client("elb").create_load_balancer(
        LoadBalancerName=name[:32], Listeners=[listener], AvailabilityZones=[world.region + "a"],
        **({"Tags": pairs(tags)} if tags else {}),
    )


def classic_balancers(client):
    for one in client.describe_load_balancers()["LoadBalancerDescriptions"]:
        name = one["LoadBalancerName"]
        tags = client.describe_tags(LoadBalancerNames=[name])["TagDescriptions"]
        yield {"LoadBalancerName": name, "Tags": pairs(tags[0]["Tags"]) if tags else []}


def event_rule(world, name, tags):
    world.client("events").put_rule(
        Name=name, ScheduleExpression="rate(1 day)", **({"Tags": pairs(tags)} if tags else {})
    )
    target = f"arn:aws:sqs:{world.region}:{world.account()}:of-all"
    world.client("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])


def event_rules(client):
    for one in client.list_rules()["Rules"]:
        targets = client.list_targets_by_rule(Rule=one["Name"])["Targets"]
        tags = client.list_tags_for_resource(ResourceARN=one["Arn"])["Tags"]
        yield {"Arn": one["Arn"], "Name": one["Name"], "Tags": pairs(tags),
               "Targets": [{"Id": target["Id"], "Arn": target["Arn"]} for target in targets]}


def delete_rule(client, one):
    """The handler removes the targets first: its permissions include events:RemoveTargets."""
    if one["Targets"]:
        client.remove_targets(Rule=one["Name"], Ids=[target["Id"] for target in one["Targets"]])
    client.delete_rule(Name=one["Name"])


acls, delete_acl = wafv2("list_web_acls", "WebACLs", "delete_web_acl")
ip_sets, delete_ip_set = wafv2("list_ip_sets", "IPSets", "delete_ip_set")

KINDS = {
    "AWS::ECR::Repository": Kind(
        "ecr",
        lambda world, name, tags: world.client("ecr").create_repository(repositoryName=f"team/{name}", tags=pairs(tags)),
        with_tags("describe_repositories", "repositories", "repositoryName", "repositoryArn",
                  ("RepositoryName", "Arn"), "list_tags_for_resource", "resourceArn", "tags"),
        lambda client, one: client.delete_repository(repositoryName=one["RepositoryName"]),
    ),
    "AWS::ApiGateway::RestApi": Kind(
        "apigateway",
        lambda world, name, tags: world.client("apigateway").create_rest_api(name=name, tags=tags),
        lambda client: [{"RestApiId": one["id"], "Tags": pairs(one.get("tags", {}))}
                        for one in client.get_rest_apis()["items"]],
        lambda client, one: client.delete_rest_api(restApiId=one["RestApiId"]),
        arn="arn:aws:apigateway:{region}::/restapis/{RestApiId}",
    ),
    "AWS::ApiGateway::Stage": Kind(
        "apigateway", rest_stage,
        lambda client: [{"RestApiId": api["id"], "StageName": one["stageName"], "Tags": pairs(one.get("tags", {}))}
                        for api in client.get_rest_apis()["items"]
                        for one in client.get_stages(restApiId=api["id"])["item"]],
        lambda client, one: client.delete_stage(restApiId=one["RestApiId"], stageName=one["StageName"]),
        arn="arn:aws:apigateway:{region}::/restapis/{RestApiId}/stages/{StageName}",
    ),
    "AWS::ApiGateway::ApiKey": Kind(
        "apigateway", lambda world, name, tags: world.client("apigateway").create_api_key(name=name, tags=tags),
        lambda client: [{"APIKeyId": one["id"], "Tags": pairs(one.get("tags", {}))}
                        for one in client.get_api_keys()["items"]],
        lambda client, one: client.delete_api_key(apiKey=one["APIKeyId"]),
        arn="arn:aws:apigateway:{region}::/apikeys/{APIKeyId}",
    ),
    "AWS::ApiGatewayV2::Api": Kind(
        "apigatewayv2",
        lambda world, name, tags: world.client("apigatewayv2").create_api(Name=name, ProtocolType="HTTP", Tags=tags),
        lambda client: [{"ApiId": one["ApiId"], "Tags": one.get("Tags", {})} for one in client.get_apis()["Items"]],
        lambda client, one: client.delete_api(ApiId=one["ApiId"]),
        arn="arn:aws:apigateway:{region}::/apis/{ApiId}",
    ),
    "AWS::SSM::Parameter": Kind(
        "ssm",
        lambda world, name, tags: world.client("ssm").put_parameter(
            Name=f"/{name}/db/url", Value="x", Type="String", Tags=pairs(tags)),
        lambda client: [{"Name": one["Name"], "Tags": {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(
            ResourceType="Parameter", ResourceId=one["Name"])["TagList"]},
            "Arn": f"arn:aws:ssm:{client.meta.region_name}:{account_of(client)}:parameter/{one['Name'].lstrip('/')}"}
            for one in pages(client, "describe_parameters", "Parameters")],
        lambda client, one: client.delete_parameter(Name=one["Name"]),
    ),
    "AWS::CertificateManager::Certificate": Kind(
        "acm", certificate,
        with_tags("list_certificates", "CertificateSummaryList", "CertificateArn", "CertificateArn",
                  ("CertificateArn", "CertificateArn"), "list_tags_for_certificate", "CertificateArn", "Tags"),
        lambda client, one: client.delete_certificate(CertificateArn=one["CertificateArn"]),
    ),
    "AWS::ElasticLoadBalancing::LoadBalancer": Kind(
        "elb", classic_balancer, classic_balancers,
        lambda client, one: client.delete_load_balancer(LoadBalancerName=one["LoadBalancerName"]),
        arn="arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}",
    ),
    "AWS::EFS::FileSystem": Kind(
        "efs", file_system,
        lambda client: [{"FileSystemId": one["FileSystemId"], "Arn": one["FileSystemArn"],
                         "FileSystemTags": pairs(one["Tags"])} for one in client.describe_file_systems()["FileSystems"]],
        lambda client, one: client.delete_file_system(FileSystemId=one["FileSystemId"]),
    ),
    "AWS::EFS::MountTarget": Kind(
        "efs", None, mount_targets, lambda client, one: client.delete_mount_target(MountTargetId=one["Id"])
    ),
    "AWS::EFS::AccessPoint": Kind(
        "efs",
        lambda world, name, tags: world.client("efs").create_access_point(
            ClientToken=f"{name}-point", FileSystemId=file_system(world, f"{name}-with-point", tags), Tags=pairs(tags)),
        lambda client: [{"AccessPointId": one["AccessPointId"], "Arn": one["AccessPointArn"],
                         "FileSystemId": one["FileSystemId"], "AccessPointTags": pairs(one["Tags"])}
                        for one in client.describe_access_points()["AccessPoints"]],
        lambda client, one: client.delete_access_point(AccessPointId=one["AccessPointId"]),
    ),
    "AWS::Events::Rule": Kind("events", event_rule, event_rules, delete_rule),
    "AWS::Events::EventBus": Kind(
        "events",
        lambda world, name, tags: world.client("events").create_event_bus(
            Name=name, **({"Tags": pairs(tags)} if tags else {})),
        lambda client: [{"Name": one["Name"], "Arn": one["Arn"],
                         "Tags": pairs(client.list_tags_for_resource(ResourceARN=one["Arn"])["Tags"])}
                        for one in client.list_event_buses()["EventBuses"] if one["Name"] != "default"],
        lambda client, one: client.delete_event_bus(Name=one["Name"]),
    ),
    "AWS::Scheduler::ScheduleGroup": Kind(
        "scheduler",
        lambda world, name, tags: world.client("scheduler").create_schedule_group(
            Name=name, **({"Tags": pairs(tags)} if tags else {})),
        lambda client: [{"Name": one["Name"], "Arn": one["Arn"], "State": one["State"],
                         "Tags": pairs(client.list_tags_for_resource(ResourceArn=one["Arn"])["Tags"])}
                        for one in client.list_schedule_groups()["ScheduleGroups"]],
        lambda client, one: client.delete_schedule_group(Name=one["Name"]),
    ),
    "AWS::StepFunctions::StateMachine": Kind(
        "stepfunctions", state_machine,
        with_tags("list_state_machines", "stateMachines", "stateMachineArn", "stateMachineArn", ("Arn", "Arn"),
                  "list_tags_for_resource", "resourceArn", "tags"),
        lambda client, one: client.delete_state_machine(stateMachineArn=one["Arn"]),
    ),
    "AWS::StepFunctions::Activity": Kind(
        "stepfunctions",
        lambda world, name, tags: world.client("stepfunctions").create_activity(
            name=name, **({"tags": lower(tags)} if tags else {})),
        with_tags("list_activities", "activities", "activityArn", "activityArn", ("Arn", "Arn"),
                  "list_tags_for_resource", "resourceArn", "tags"),
        lambda client, one: client.delete_activity(activityArn=one["Arn"]),
    ),
    "AWS::Route53::HostedZone": Kind("route53", zone, zones, delete_zone),
    "AWS::Route53::RecordSet": Kind("route53", None, records, delete_record),
    "AWS::Route53::HealthCheck": Kind(
        "route53", health_check, health_checks,
        lambda client, one: client.delete_health_check(HealthCheckId=one["HealthCheckId"]),
    ),
    "AWS::CloudFront::Distribution": Kind(
        "cloudfront", distribution, distributions, delete_distribution, update=disable_distribution
    ),
    "AWS::Kinesis::Stream": Kind(
        "kinesis",
        stream,
        lambda client: [one | {"Tags": pairs(one["Tags"])} for one in streams(client)],
        lambda client, one: client.delete_stream(StreamName=one["Name"]),
    ),
    "AWS::KinesisFirehose::DeliveryStream": Kind(
        "firehose", delivery_stream, delivery_streams,
        lambda client, one: client.delete_delivery_stream(DeliveryStreamName=one["DeliveryStreamName"]),
    ),
    "AWS::Cognito::UserPool": Kind(
        "cognito-idp",
        lambda world, name, tags: world.client("cognito-idp").create_user_pool(PoolName=name, UserPoolTags=tags),
        user_pools, lambda client, one: client.delete_user_pool(UserPoolId=one["UserPoolId"]),
    ),
    "AWS::Cognito::IdentityPool": Kind(
        "cognito-identity",
        lambda world, name, tags: world.client("cognito-identity").create_identity_pool(
            IdentityPoolName=name, AllowUnauthenticatedIdentities=False, IdentityPoolTags=tags),
        identity_pools, lambda client, one: client.delete_identity_pool(IdentityPoolId=one["Id"]),
        arn="arn:aws:cognito-identity:{region}:{account}:identitypool/{Id}",
    ),
    "AWS::OpenSearchService::Domain": Kind(
        "opensearch",
        lambda world, name, tags: world.client("opensearch").create_domain(DomainName=name, TagList=pairs(tags)),
        domains, lambda client, one: client.delete_domain(DomainName=one["DomainName"]),
    ),
    "AWS::MSK::Cluster": Kind(
        "kafka", kafka_cluster,
        lambda client: [{"Arn": one["ClusterArn"], "ClusterName": one["ClusterName"],
                         "Tags": client.list_tags_for_resource(ResourceArn=one["ClusterArn"])["Tags"]}
                        for one in client.list_clusters()["ClusterInfoList"]],
        lambda client, one: client.delete_cluster(ClusterArn=one["Arn"]),
    ),
    "AWS::Redshift::Cluster": Kind(
        "redshift", redshift_cluster,
        lambda client: [{"ClusterIdentifier": one["ClusterIdentifier"], "Tags": pairs(one["Tags"])}
                        for one in client.describe_clusters()["Clusters"]],
        lambda client, one: client.delete_cluster(
            ClusterIdentifier=one["ClusterIdentifier"], SkipFinalClusterSnapshot=True),
        arn="arn:aws:redshift:{region}:{account}:cluster:{ClusterIdentifier}",
    ),
    "AWS::Redshift::ClusterParameterGroup": Kind(
        "redshift",
        lambda world, name, tags: world.client("redshift").create_cluster_parameter_group(
            ParameterGroupName=name, ParameterGroupFamily="redshift-1.0", Description=name, Tags=pairs(tags)),
        lambda client: [{"ParameterGroupName": one["ParameterGroupName"], "Tags": pairs(one["Tags"])}
                        for one in client.describe_cluster_parameter_groups()["ParameterGroups"]],
        lambda client, one: client.delete_cluster_parameter_group(ParameterGroupName=one["ParameterGroupName"]),
        arn="arn:aws:redshift:{region}:{account}:parametergroup:{ParameterGroupName}",
    ),
    "AWS::MemoryDB::User": Kind(
        "memorydb", memorydb_user, memorydb("describe_users", "Users", "UserName", "user"),
        lambda client, one: client.delete_user(UserName=one["UserName"]),
    ),
    "AWS::MemoryDB::SubnetGroup": Kind(
        "memorydb",
        lambda world, name, tags: world.client("memorydb").create_subnet_group(
            SubnetGroupName=name, SubnetIds=[world.subnet()], Tags=pairs(tags)),
        memorydb("describe_subnet_groups", "SubnetGroups", "SubnetGroupName", "subnetgroup"),
        lambda client, one: client.delete_subnet_group(SubnetGroupName=one["SubnetGroupName"]),
    ),
    "AWS::EC2::CustomerGateway": ec2(
        "customer-gateway",
        lambda world, tags: world.client("ec2").create_customer_gateway(
            BgpAsn=65000, Type="ipsec.1", PublicIp=f"192.0.2.{world.number()}", TagSpecifications=tags),
        ("describe_customer_gateways", "CustomerGateways", "CustomerGatewayId"), "CustomerGatewayId",
        lambda client, id: client.delete_customer_gateway(CustomerGatewayId=id), lambda one: {},
    ),
    "AWS::EC2::VPNGateway": ec2(
        "vpn-gateway",
        lambda world, tags: world.client("ec2").create_vpn_gateway(Type="ipsec.1", TagSpecifications=tags),
        ("describe_vpn_gateways", "VpnGateways", "VpnGatewayId"), "VPNGatewayId",
        lambda client, id: client.delete_vpn_gateway(VpnGatewayId=id), lambda one: {},
    ),
    "AWS::EC2::TransitGateway": ec2(
        "transit-gateway",
        lambda world, tags: world.client("ec2").create_transit_gateway(TagSpecifications=tags),
        ("describe_transit_gateways", "TransitGateways", "TransitGatewayId"), "Id",
        lambda client, id: client.delete_transit_gateway(TransitGatewayId=id), lambda one: {},
    ),
    "AWS::EC2::CarrierGateway": ec2(
        "carrier-gateway",
        lambda world, tags: world.client("ec2").create_carrier_gateway(VpcId=world.vpc(), TagSpecifications=tags),
        ("describe_carrier_gateways", "CarrierGateways", "CarrierGatewayId"), "CarrierGatewayId",
        lambda client, id: client.delete_carrier_gateway(CarrierGatewayId=id), lambda one: {"VpcId": one["VpcId"]},
    ),
    "AWS::WAFv2::WebACL": Kind(
        "wafv2",
        lambda world, name, tags: world.client("wafv2").create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=WAF_VISIBILITY,
            **({"Tags": pairs(tags)} if tags else {})),
        acls, delete_acl,
    ),
    "AWS::WAFv2::IPSet": Kind(
        "wafv2",
        lambda world, name, tags: world.client("wafv2").create_ip_set(
            Name=name, Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[],
            **({"Tags": pairs(tags)} if tags else {})),
        ip_sets, delete_ip_set,
    ),
    "AWS::CodePipeline::Pipeline": Kind(
        "codepipeline", pipeline, pipelines, lambda client, one: client.delete_pipeline(name=one["Name"])
    ),
    "AWS::Batch::ComputeEnvironment": Kind(
        "batch", batch_environment,
        lambda client: [{"ComputeEnvironmentArn": one["computeEnvironmentArn"], "Tags": one.get("tags", {})}
                        for one in client.describe_compute_environments()["computeEnvironments"]],
        delete_batch_environment,
    ),
    "AWS::Batch::SchedulingPolicy": Kind(
        "batch",
        lambda world, name, tags: world.client("batch").create_scheduling_policy(name=name, tags=tags),
        lambda client: [{"Arn": one["arn"], "Tags": client.list_tags_for_resource(resourceArn=one["arn"])["tags"]}
                        for one in client.list_scheduling_policies()["schedulingPolicies"]],
        lambda client, one: client.delete_scheduling_policy(arn=one["Arn"]),
    ),
    "AWS::Glue::Job": Kind(
        "glue",
        lambda world, name, tags: world.client("glue").create_job(
            Name=name, Role=world.role(), Command={"Name": "glueetl", "ScriptLocation": "s3://of-all/x"}, Tags=tags),
        glue("get_jobs", "Jobs", "job"), lambda client, one: client.delete_job(JobName=one["Name"]),
    ),
    "AWS::Glue::Crawler": Kind(
        "glue",
        lambda world, name, tags: world.client("glue").create_crawler(
            Name=name, Role=world.role(), DatabaseName="x", Targets={"S3Targets": [{"Path": "s3://of-all"}]}, Tags=tags),
        glue("get_crawlers", "Crawlers", "crawler"), lambda client, one: client.delete_crawler(Name=one["Name"]),
    ),
    "AWS::Glue::Workflow": Kind(
        "glue", lambda world, name, tags: world.client("glue").create_workflow(Name=name, Tags=tags),
        glue("list_workflows", "Workflows", "workflow"), lambda client, one: client.delete_workflow(Name=one["Name"]),
    ),
    "AWS::Athena::WorkGroup": Kind(
        "athena",
        lambda world, name, tags: world.client("athena").create_work_group(Name=name, Tags=pairs(tags)),
        lambda client: [{"Name": one["Name"], "Arn": arn, "Tags": pairs(client.list_tags_for_resource(
            ResourceARN=arn)["Tags"])}
            for one in client.list_work_groups()["WorkGroups"] if one["Name"] != "primary"
            for arn in [f"arn:aws:athena:{client.meta.region_name}:{account_of(client)}:workgroup/{one['Name']}"]],
        lambda client, one: client.delete_work_group(WorkGroup=one["Name"]),
    ),
    "AWS::SageMaker::Model": Kind(
        "sagemaker", sagemaker_model, sagemaker("list_models", "Models", "ModelName", "Model"),
        lambda client, one: client.delete_model(ModelName=one["ModelName"]),
    ),
    "AWS::SageMaker::NotebookInstance": Kind(
        "sagemaker",
        lambda world, name, tags: world.client("sagemaker").create_notebook_instance(
            NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=world.role(), Tags=pairs(tags)),
        sagemaker("list_notebook_instances", "NotebookInstances", "NotebookInstanceName", "NotebookInstance"),
        lambda client, one: (
            client.stop_notebook_instance(NotebookInstanceName=one["NotebookInstanceName"]),
            client.delete_notebook_instance(NotebookInstanceName=one["NotebookInstanceName"]),
        ),
    ),
    "AWS::AppSync::GraphQLApi": Kind(
        "appsync",
        lambda world, name, tags: world.client("appsync").create_graphql_api(
            name=name, authenticationType="API_KEY", tags=tags),
        lambda client: [{"Arn": one["arn"], "ApiId": one["apiId"], "Tags": pairs(one.get("tags", {}))}
                        for one in client.list_graphql_apis()["graphqlApis"]],
        lambda client, one: client.delete_graphql_api(apiId=one["ApiId"]),
    ),
    "AWS::Backup::BackupVault": Kind(
        "backup",
        lambda world, name, tags: world.client("backup").create_backup_vault(BackupVaultName=name, BackupVaultTags=tags),
        backup_vaults, lambda client, one: client.delete_backup_vault(BackupVaultName=one["BackupVaultName"]),
    ),
    "AWS::Backup::BackupPlan": Kind(
        "backup", backup_plan, backup_plans,
        lambda client, one: client.delete_backup_plan(BackupPlanId=one["BackupPlanId"]),
    ),
    "AWS::Transfer::Server": Kind(
        "transfer",
        lambda world, name, tags: world.client("transfer").create_server(**({"Tags": pairs(tags)} if tags else {})),
        lambda client: [{"Arn": one["Arn"], "ServerId": one["ServerId"], "State": one["State"],
                         "Tags": pairs(client.describe_server(ServerId=one["ServerId"])["Server"].get("Tags"))}
                        for one in client.list_servers()["Servers"]],
        lambda client, one: client.delete_server(ServerId=one["ServerId"]),
    ),
    "AWS::ServiceDiscovery::HttpNamespace": Kind(
        "servicediscovery",
        lambda world, name, tags: world.client("servicediscovery").create_http_namespace(
            Name=name, **({"Tags": pairs(tags)} if tags else {})),
        namespaces, lambda client, one: client.delete_namespace(Id=one["Id"]),
    ),
    "AWS::ResourceGroups::Group": Kind(
        "resource-groups",
        lambda world, name, tags: world.client("resource-groups").create_group(Name=name, Tags=tags, ResourceQuery={
            "Type": "TAG_FILTERS_1_0", "Query": json.dumps({"ResourceTypeFilters": ["AWS::AllSupported"],
                                                             "TagFilters": [{"Key": "a", "Values": ["b"]}]})}),
        lambda client: [{"Name": one["GroupName"], "Arn": one["GroupArn"],
                         "Tags": pairs(client.get_tags(Arn=one["GroupArn"])["Tags"])}
                        for one in client.list_groups()["GroupIdentifiers"]],
        lambda client, one: client.delete_group(GroupName=one["Name"]),
    ),
}
for name, kind in KINDS.items():
    kind.type_name = name

# Types of services without regions.
GLOBAL = {
    "AWS::CloudFront::Distribution", "AWS::CloudFront::Function", "AWS::CloudFront::VpcOrigin",
    "AWS::CloudWatch::Dashboard", "AWS::Route53::HealthCheck", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet",
}

# What a resource of a type in the server's store begins as, by name.
STORED = {
    "AWS::AppRunner::VpcConnector": lambda name, tags: {"VpcConnectorName": name, "Subnets": ["subnet-1"], "Tags": pairs(tags)},
    "AWS::AppRunner::Service": lambda name, tags: {"ServiceName": name, "SourceConfiguration": {}, "Tags": pairs(tags)},
    "AWS::Amplify::App": lambda name, tags: {"Name": name, "Tags": pairs(tags)},
    "AWS::CodeArtifact::Domain": lambda name, tags: {"DomainName": name, "Tags": pairs(tags)},
    "AWS::CodeDeploy::Application": lambda name, tags: {"ApplicationName": name, "Tags": pairs(tags)},
    "AWS::CloudWatch::MetricStream": lambda name, tags: {
        "Name": name, "OutputFormat": "json", "FirehoseArn": "x", "RoleArn": "x", "Tags": pairs(tags)},
    "AWS::DataSync::LocationS3": lambda name, tags: {"S3Config": {}, "S3BucketArn": "arn:aws:s3:::of-all", "Tags": pairs(tags)},
    "AWS::ElastiCache::User": lambda name, tags: {"UserId": name, "UserName": name, "Engine": "redis", "Tags": pairs(tags)},
    "AWS::ElastiCache::UserGroup": lambda name, tags: {
        "UserGroupId": f"{name}-group", "Engine": "redis", "UserIds": [name], "Tags": pairs(tags)},
    "AWS::IoT::TopicRule": lambda name, tags: {
        "RuleName": name.replace("-", "_"), "TopicRulePayload": {"Sql": "SELECT *", "Actions": []}, "Tags": pairs(tags)},
    "AWS::NeptuneGraph::Graph": lambda name, tags: {
        "GraphName": name, "ProvisionedMemory": 16, "DeletionProtection": False, "Tags": pairs(tags)},
    "AWS::Pipes::Pipe": lambda name, tags: {"Name": name, "RoleArn": "x", "Source": "x", "Target": "x", "Tags": tags},
    "AWS::VpcLattice::ServiceNetwork": lambda name, tags: {"Name": name, "Tags": pairs(tags)},
    "AWS::XRay::Group": lambda name, tags: {"GroupName": name, "Tags": pairs(tags)},
}

# The read-only properties of types in the store.
READ_ONLY = {
    "AWS::AppRunner::VpcConnector": {
        "VpcConnectorArn": "arn:aws:apprunner:{region}:{account}:vpcconnector/{VpcConnectorName}/1/{number}",
    },
    "AWS::AppRunner::Service": {
        "ServiceArn": "arn:aws:apprunner:{region}:{account}:service/{ServiceName}/{number}", "Status": "RUNNING",
    },
    "AWS::Amplify::App": {"Arn": "arn:aws:amplify:{region}:{account}:apps/d{number}", "AppId": "d{number}"},
    "AWS::CodeArtifact::Domain": {"Arn": "arn:aws:codeartifact:{region}:{account}:domain/{DomainName}"},
    "AWS::CloudWatch::MetricStream": {
        "Arn": "arn:aws:cloudwatch:{region}:{account}:metric-stream/{Name}", "State": "running",
    },
    "AWS::DataSync::LocationS3": {"LocationArn": "arn:aws:datasync:{region}:{account}:location/loc-{number}"},
    "AWS::ElastiCache::User": {"Arn": "arn:aws:elasticache:{region}:{account}:user:{UserId}", "Status": "active"},
    "AWS::ElastiCache::UserGroup": {
        "Arn": "arn:aws:elasticache:{region}:{account}:usergroup:{UserGroupId}", "Status": "active",
    },
    "AWS::IoT::TopicRule": {"Arn": "arn:aws:iot:{region}:{account}:rule/{RuleName}"},
    "AWS::NeptuneGraph::Graph": {
        "GraphArn": "arn:aws:neptune-graph:{region}:{account}:graph/g-{number}", "GraphId": "g-{number}",
    },
    "AWS::Pipes::Pipe": {"Arn": "arn:aws:pipes:{region}:{account}:pipe/{Name}"},
    "AWS::VpcLattice::ServiceNetwork": {
        "Arn": "arn:aws:vpc-lattice:{region}:{account}:servicenetwork/sn-{number}", "Id": "sn-{number}",
    },
    "AWS::XRay::Group": {"GroupARN": "arn:aws:xray:{region}:{account}:group/{GroupName}/{number}"},
}

# The ARNs of types in the store whose properties do not have it.
ARNS = {
    "AWS::CodeDeploy::Application": "arn:aws:codedeploy:{region}:{account}:application:{ApplicationName}",
}


def arn_of(type_name, account, region, properties):
    """The ARN by which the tagging API lists a resource; None for a type without tags."""
    pattern = ARNS.get(type_name)
    if pattern:
        return pattern.format(region=region, account=account, **properties)
    names = [one for one in properties if one.endswith(("Arn", "ARN")) and one not in ("RoleArn", "FirehoseArn")]
    named = [name for name in ("Arn", "ARN", *sorted(names)) if name in properties]
    return properties[named[0]] if named else None


# Properties of types in the store that name a resource which is then in use.
USERS = {
    "AWS::ElastiCache::User": ("AWS::ElastiCache::UserGroup", "UserIds", "UserId"),
}


def refuse_used(server, account, region, type_name, identifier, failure):
    """Refuses to delete what another resource in the store uses, as AWS does."""
    if type_name not in USERS:
        return
    user_type, property, own = USERS[type_name]
    for _, user in server.all(account, region, user_type):
        if identifier in user.get(property, []):
            raise failure("ResourceConflict", f"{identifier} is in use by a resource of type {user_type}")
