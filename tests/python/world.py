"""Creates and lists the resources of an account with the AWS SDK for Python.

    world.py create '[{"name": "shop", "app": "checkout", "owner": "ana@example.com", "regions": ["eu-west-1"]}]'
    world.py list eu-west-1 us-east-1

`create` creates one resource of every type for each stack and region (of global types: once). "types" selects types,
and "count" creates more than one volume, queue and topic. Names begin with "prefix", by default the stack's name.
"vpc" and "subnet" replace the default ones. "tags" replaces the stack's tags, and `{}` creates untagged resources.
Both commands print a list of {type, id, region, stack}. The id of a resource with an ARN is the ARN.
"""

import base64
import functools
import io
import json
import sys
import zipfile

import boto3
from botocore.config import Config

IMAGE = "ami-12c6146b"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
TEMPLATE = {"Resources": {"Inside": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "NAME"}}}}

# In the order in which they can be created.
REGIONAL = [
    "ec2:vpc", "ec2:subnet", "ec2:internet-gateway", "ec2:route-table", "ec2:security-group",
    "ec2:network-interface", "ec2:elastic-ip", "ec2:natgateway", "ec2:vpc-endpoint", "ec2:instance", "ec2:volume",
    "ec2:snapshot", "ec2:launch-template", "autoscaling:autoScalingGroup", "elasticloadbalancing:targetgroup",
    "elasticloadbalancing:loadbalancer", "rds:cluster", "rds:db", "elasticache:cluster", "ecs:cluster", "ecs:service",
    "eks:cluster", "eks:nodegroup", "lambda:function", "s3:bucket", "dynamodb:table", "sqs:queue", "sns:topic",
    "logs:log-group", "secretsmanager:secret", "kms:key", "cloudformation:stack",
]
GLOBAL = ["iam:role", "iam:policy", "iam:instance-profile"]


@functools.cache
def client(service, region):
    # No retries: the faults of a test do not apply to this program.
    return boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}))


def tags_of(stack):
    if "tags" in stack:
        return stack["tags"]
    return {
        "jiti:stack": stack["name"], "jiti:app": stack["app"], "jiti:version": "1",
        "jiti:owner": stack["owner"], "jiti:ttl": "8h",
    }


def upper(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def lower(tags):
    return [{"key": key, "value": value} for key, value in tags.items()]


class Making:
    """Creates one stack's resources in one region, with one method for each service."""

    def __init__(self, stack, region, number):
        self.stack, self.region = stack, region
        self.tags = tags_of(stack)
        self.name = f"{stack.get('prefix', stack['name'])}-{number}"
        self.made = []
        self.wanted = set(stack.get("types") or REGIONAL + GLOBAL)
        self.count = stack.get("count", 1)
        self.ids = {}

    def wants(self, kind):
        return kind in self.wanted

    def add(self, kind, id, region=None):
        self.ids.setdefault(kind, id)
        self.made.append({"type": kind, "id": id, "region": region or self.region, "stack": self.stack["name"]})
        return id

    def specification(self, kind):
        return [{"ResourceType": kind, "Tags": upper(self.tags)}] if self.tags else []

    def network(self):
        ec2 = client("ec2", self.region)
        if self.wants("ec2:vpc"):
            vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=self.specification("vpc"))["Vpc"]["VpcId"]
            self.add("ec2:vpc", vpc)
        else:
            vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
            vpc = self.ids["ec2:vpc"] = self.stack.get("vpc") or vpcs[0]["VpcId"]
        if self.wants("ec2:subnet"):
            for block in ("10.0.1.0/24", "10.0.2.0/24"):
                zone = self.region + ("a" if block == "10.0.1.0/24" else "b")
                subnet = ec2.create_subnet(
                    VpcId=vpc, CidrBlock=block, AvailabilityZone=zone, TagSpecifications=self.specification("subnet")
                )
                self.add("ec2:subnet", subnet["Subnet"]["SubnetId"])
        else:
            subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
            self.ids["ec2:subnet"] = self.stack.get("subnet") or subnets[0]["SubnetId"]
        subnet = self.ids["ec2:subnet"]
        if self.wants("ec2:internet-gateway"):
            gateway = ec2.create_internet_gateway(TagSpecifications=self.specification("internet-gateway"))
            gateway = self.add("ec2:internet-gateway", gateway["InternetGateway"]["InternetGatewayId"])
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        if self.wants("ec2:route-table"):
            table = ec2.create_route_table(VpcId=vpc, TagSpecifications=self.specification("route-table"))
            table = self.add("ec2:route-table", table["RouteTable"]["RouteTableId"])
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
            if self.wants("ec2:internet-gateway"):
                ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        if self.wants("ec2:security-group"):
            # Two groups that refer to each other: neither can be deleted before the other's rule.
            groups = []
            for number in range(2):
                group = ec2.create_security_group(
                    GroupName=f"{self.name}-{number}", Description="a test's", VpcId=vpc,
                    TagSpecifications=self.specification("security-group"),
                )
                groups.append(self.add("ec2:security-group", group["GroupId"]))
            for one, other in (groups, reversed(groups)):
                ec2.authorize_security_group_ingress(
                    GroupId=one,
                    IpPermissions=[{
                        "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": other}],
                    }],
                )
        groups = [self.ids["ec2:security-group"]] if "ec2:security-group" in self.ids else []
        if self.wants("ec2:network-interface"):
            interface = ec2.create_network_interface(
                SubnetId=subnet, Groups=groups, TagSpecifications=self.specification("network-interface")
            )
            self.add("ec2:network-interface", interface["NetworkInterface"]["NetworkInterfaceId"])
        if self.wants("ec2:elastic-ip"):
            address = ec2.allocate_address(Domain="vpc", TagSpecifications=self.specification("elastic-ip"))
            self.add("ec2:elastic-ip", address["AllocationId"])
        if self.wants("ec2:natgateway"):
            gateway = ec2.create_nat_gateway(
                SubnetId=subnet, AllocationId=self.ids["ec2:elastic-ip"], TagSpecifications=self.specification("natgateway")
            )
            self.add("ec2:natgateway", gateway["NatGateway"]["NatGatewayId"])
        if self.wants("ec2:vpc-endpoint"):
            endpoint = ec2.create_vpc_endpoint(
                VpcId=vpc, ServiceName=f"com.amazonaws.{self.region}.s3", VpcEndpointType="Gateway",
                TagSpecifications=self.specification("vpc-endpoint"),
            )
            self.add("ec2:vpc-endpoint", endpoint["VpcEndpoint"]["VpcEndpointId"])

    def machines(self):
        ec2 = client("ec2", self.region)
        subnet = self.ids["ec2:subnet"]
        groups = [self.ids["ec2:security-group"]] if "ec2:security-group" in self.ids else []
        if self.wants("ec2:instance"):
            more = {"SecurityGroupIds": groups} if groups else {}
            # The instance's own volume has no tag and is deleted with it.
            machine = ec2.run_instances(
                ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet,
                TagSpecifications=self.specification("instance"), **more,
            )["Instances"][0]
            self.add("ec2:instance", machine["InstanceId"])
        if self.wants("ec2:volume"):
            for _ in range(self.count):
                volume = ec2.create_volume(
                    AvailabilityZone=self.region + "a", Size=8, VolumeType="gp3",
                    TagSpecifications=self.specification("volume"),
                )
                self.add("ec2:volume", volume["VolumeId"])
        if self.wants("ec2:snapshot"):
            volume = self.ids.get("ec2:volume")
            snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=self.specification("snapshot"))
            self.add("ec2:snapshot", snapshot["SnapshotId"])
        if self.wants("ec2:launch-template"):
            template = ec2.create_launch_template(
                LaunchTemplateName=self.name, LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"},
                TagSpecifications=self.specification("launch-template"),
            )
            self.add("ec2:launch-template", template["LaunchTemplate"]["LaunchTemplateId"])
        if self.wants("autoscaling:autoScalingGroup"):
            # Its members have no tag of the stack; they are deleted because they belong to the group.
            client("autoscaling", self.region).create_auto_scaling_group(
                AutoScalingGroupName=self.name, MinSize=1, MaxSize=2, DesiredCapacity=1, VPCZoneIdentifier=subnet,
                LaunchTemplate={"LaunchTemplateName": self.name},
                Tags=[
                    {"Key": key, "Value": value, "PropagateAtLaunch": False, "ResourceId": self.name,
                     "ResourceType": "auto-scaling-group"}
                    for key, value in self.tags.items()
                ],
            )
            self.add("autoscaling:autoScalingGroup", self.name)

    def balancers(self):
        elb = client("elbv2", self.region)
        if self.wants("elasticloadbalancing:targetgroup"):
            target = elb.create_target_group(
                Name=self.name, Protocol="HTTP", Port=80, VpcId=self.ids["ec2:vpc"],
                **({"Tags": upper(self.tags)} if self.tags else {}),
            )["TargetGroups"][0]["TargetGroupArn"]
            self.add("elasticloadbalancing:targetgroup", target)
        if self.wants("elasticloadbalancing:loadbalancer"):
            subnets = [one["id"] for one in self.made if one["type"] == "ec2:subnet"]
            balancer = elb.create_load_balancer(
                Name=self.name, Subnets=subnets, SecurityGroups=[self.ids["ec2:security-group"]],
                **({"Tags": upper(self.tags)} if self.tags else {}),
            )["LoadBalancers"][0]["LoadBalancerArn"]
            self.add("elasticloadbalancing:loadbalancer", balancer)
            elb.create_listener(
                LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
            )

    def databases(self):
        rds = client("rds", self.region)
        secret = {"MasterUsername": "main", "MasterUserPassword": "a-long-password"}
        if self.wants("rds:cluster"):
            cluster = rds.create_db_cluster(
                DBClusterIdentifier=f"{self.name}-cluster", Engine="aurora-postgresql", Tags=upper(self.tags), **secret
            )
            self.add("rds:cluster", cluster["DBCluster"]["DBClusterArn"])
            # A member, which has to be deleted before the cluster.
            member = rds.create_db_instance(
                DBInstanceIdentifier=f"{self.name}-member", DBInstanceClass="db.r6g.large", Engine="aurora-postgresql",
                DBClusterIdentifier=f"{self.name}-cluster", Tags=upper(self.tags),
            )
            self.add("rds:db", member["DBInstance"]["DBInstanceArn"])
        if self.wants("rds:db"):
            database = rds.create_db_instance(
                DBInstanceIdentifier=self.name, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
                Tags=upper(self.tags), **secret,
            )
            self.add("rds:db", database["DBInstance"]["DBInstanceArn"])
        if self.wants("elasticache:cluster"):
            cache = client("elasticache", self.region).create_cache_cluster(
                CacheClusterId=self.name, Engine="redis", CacheNodeType="cache.t4g.micro", NumCacheNodes=1,
                Tags=upper(self.tags),
            )
            self.add("elasticache:cluster", cache["CacheCluster"]["ARN"])

    def containers(self):
        if self.wants("ecs:cluster"):
            ecs = client("ecs", self.region)
            cluster = ecs.create_cluster(clusterName=self.name, tags=lower(self.tags))["cluster"]["clusterArn"]
            self.add("ecs:cluster", cluster)
            if self.wants("ecs:service"):
                ecs.register_task_definition(
                    family=self.name, containerDefinitions=[{"name": "main", "image": "busybox", "memory": 64}]
                )
                service = ecs.create_service(
                    cluster=self.name, serviceName=self.name, taskDefinition=self.name, desiredCount=1,
                    tags=lower(self.tags),
                )
                self.add("ecs:service", service["service"]["serviceArn"])
        if self.wants("eks:cluster"):
            eks = client("eks", self.region)
            role = "arn:aws:iam::123456789012:role/cluster"
            subnets = [one["id"] for one in self.made if one["type"] == "ec2:subnet"] or [self.ids["ec2:subnet"]]
            cluster = eks.create_cluster(
                name=self.name, roleArn=role, resourcesVpcConfig={"subnetIds": subnets}, tags=self.tags
            )
            self.add("eks:cluster", cluster["cluster"]["arn"])
            if self.wants("eks:nodegroup"):
                group = eks.create_nodegroup(
                    clusterName=self.name, nodegroupName=self.name, nodeRole=role, subnets=subnets, tags=self.tags
                )
                self.add("eks:nodegroup", group["nodegroup"]["nodegroupArn"])
        if self.wants("lambda:function"):
            role = client("iam", self.region).create_role(
                RoleName=f"{self.name}-runs", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=upper(self.tags)
            )
            self.add("iam:role", role["Role"]["Arn"], "global")
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("main.py", "def handler(event, context): pass\n")
            function = client("lambda", self.region).create_function(
                FunctionName=self.name, Runtime="python3.13", Role=role["Role"]["Arn"], Handler="main.handler",
                Code={"ZipFile": archive.getvalue()}, Tags=self.tags,
            )
            self.add("lambda:function", function["FunctionArn"])

    def data(self):
        region = self.region
        if self.wants("s3:bucket"):
            s3 = client("s3", region)
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            # All accounts share the names of buckets.
            account = client("sts", region).get_caller_identity()["Account"]
            bucket = f"{self.name}-{account}"
            s3.create_bucket(Bucket=bucket, **place)
            if self.tags:
                s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": upper(self.tags)})
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            for _ in range(2):
                s3.put_object(Bucket=bucket, Key="report.csv", Body=b"1,2")
            s3.delete_object(Bucket=bucket, Key="report.csv")
            self.add("s3:bucket", f"arn:aws:s3:::{bucket}")
        if self.wants("dynamodb:table"):
            table = client("dynamodb", region).create_table(
                TableName=self.name, BillingMode="PAY_PER_REQUEST", Tags=upper(self.tags),
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )
            self.add("dynamodb:table", table["TableDescription"]["TableArn"])
        if self.wants("sqs:queue"):
            sqs = client("sqs", region)
            for number in range(self.count):
                url = sqs.create_queue(QueueName=f"{self.name}-{number}", tags=self.tags)["QueueUrl"]
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
                self.add("sqs:queue", answer["Attributes"]["QueueArn"])
        if self.wants("sns:topic"):
            sns = client("sns", region)
            for number in range(self.count):
                self.add("sns:topic", sns.create_topic(Name=f"{self.name}-{number}", Tags=upper(self.tags))["TopicArn"])
        if self.wants("logs:log-group"):
            client("logs", region).create_log_group(
                logGroupName=f"/test/{self.name}", **({"tags": self.tags} if self.tags else {})
            )
            self.add("logs:log-group", f"/test/{self.name}")
        if self.wants("secretsmanager:secret"):
            secret = client("secretsmanager", region).create_secret(
                Name=self.name, SecretString="hidden", Tags=upper(self.tags)
            )
            self.add("secretsmanager:secret", secret["ARN"])
        if self.wants("kms:key"):
            key = client("kms", region).create_key(
                Tags=[{"TagKey": key, "TagValue": value} for key, value in self.tags.items()]
            )
            self.add("kms:key", key["KeyMetadata"]["Arn"])
        if self.wants("cloudformation:stack"):
            template = json.dumps(TEMPLATE).replace("NAME", f"{self.name}-inside")
            stack = client("cloudformation", region).create_stack(
                StackName=self.name, TemplateBody=template, Tags=upper(self.tags)
            )
            self.add("cloudformation:stack", stack["StackId"])

    def identities(self):
        iam = client("iam", self.region)
        if self.wants("iam:role"):
            role = iam.create_role(
                RoleName=self.name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=upper(self.tags)
            )
            self.add("iam:role", role["Role"]["Arn"], "global")
        if self.wants("iam:policy"):
            policy = iam.create_policy(
                PolicyName=self.name, PolicyDocument=json.dumps(POLICY), Tags=upper(self.tags)
            )["Policy"]["Arn"]
            self.add("iam:policy", policy, "global")
            iam.attach_role_policy(RoleName=self.name, PolicyArn=policy)
        if self.wants("iam:instance-profile"):
            profile = iam.create_instance_profile(InstanceProfileName=self.name, Tags=upper(self.tags))
            self.add("iam:instance-profile", profile["InstanceProfile"]["Arn"], "global")
            iam.add_role_to_instance_profile(InstanceProfileName=self.name, RoleName=self.name)


def create(stacks):
    made = []
    for stack in stacks:
        for number, region in enumerate(stack["regions"]):
            making = Making(stack, region, number)
            wanted = making.wanted
            parts = [
                (making.network, REGIONAL[:9] + REGIONAL[9:16] + REGIONAL[21:23]),
                (making.machines, REGIONAL[9:14]), (making.balancers, REGIONAL[14:16]),
                (making.databases, REGIONAL[16:19]), (making.containers, REGIONAL[19:24]),
                (making.data, REGIONAL[24:]),
            ]
            if number == 0:
                parts.append((making.identities, GLOBAL))
            for part, kinds in parts:
                if wanted & set(kinds):
                    part()
            made += making.made
    return made


def listed(region, first):
    """Every resource in a region of the types that this program creates, with its parts and AWS's default resources."""
    def of(service):
        return client(service, region)

    def pages(service, call, key, **arguments):
        of_service = of(service)
        if not of_service.can_paginate(call):
            return getattr(of_service, call)(**arguments)[key]
        found = []
        for page in of_service.get_paginator(call).paginate(**arguments):
            found += page[key]
        return found

    def gone(one):
        state = one.get("State")
        return (state.get("Name") if isinstance(state, dict) else state) in ("terminated", "deleted")

    machines = [one for some in pages("ec2", "describe_instances", "Reservations") for one in some["Instances"]]
    terminated = {one["InstanceId"] for one in machines if gone(one)}
    gateways = pages("ec2", "describe_nat_gateways", "NatGateways")
    orphans = {
        address["NetworkInterfaceId"] for one in gateways if gone(one) for address in one["NatGatewayAddresses"]
    }
    everything = {
        "ec2:vpc": [one["VpcId"] for one in pages("ec2", "describe_vpcs", "Vpcs")],
        "ec2:subnet": [one["SubnetId"] for one in pages("ec2", "describe_subnets", "Subnets")],
        "ec2:internet-gateway": [
            one["InternetGatewayId"] for one in pages("ec2", "describe_internet_gateways", "InternetGateways")
        ],
        "ec2:route-table": [one["RouteTableId"] for one in pages("ec2", "describe_route_tables", "RouteTables")],
        "ec2:security-group": [one["GroupId"] for one in pages("ec2", "describe_security_groups", "SecurityGroups")],
        # moto keeps those of terminated instances and deleted NAT gateways.
        "ec2:network-interface": [
            one["NetworkInterfaceId"] for one in pages("ec2", "describe_network_interfaces", "NetworkInterfaces")
            if one.get("Attachment", {}).get("InstanceId") not in terminated
            and one["NetworkInterfaceId"] not in orphans
        ],
        "ec2:elastic-ip": [one["AllocationId"] for one in pages("ec2", "describe_addresses", "Addresses")],
        "ec2:natgateway": [
            one["NatGatewayId"] for one in gateways if not gone(one)
        ],
        "ec2:vpc-endpoint": [
            one["VpcEndpointId"] for one in pages("ec2", "describe_vpc_endpoints", "VpcEndpoints") if not gone(one)
        ],
        "ec2:instance": [one["InstanceId"] for one in machines if not gone(one)],
        "ec2:volume": [one["VolumeId"] for one in pages("ec2", "describe_volumes", "Volumes")],
        "ec2:snapshot": [
            # The server's own images have snapshots in every account.
            one["SnapshotId"] for one in pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"])
            if not one.get("Description", "").startswith("Auto-created snapshot for AMI")
        ],
        "ec2:launch-template": [
            one["LaunchTemplateId"] for one in pages("ec2", "describe_launch_templates", "LaunchTemplates")
        ],
        "autoscaling:autoScalingGroup": [
            one["AutoScalingGroupName"]
            for one in pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
        ],
        "elasticloadbalancing:targetgroup": [
            one["TargetGroupArn"] for one in pages("elbv2", "describe_target_groups", "TargetGroups")
        ],
        "elasticloadbalancing:loadbalancer": [
            one["LoadBalancerArn"] for one in pages("elbv2", "describe_load_balancers", "LoadBalancers")
        ],
        "rds:cluster": [one["DBClusterArn"] for one in pages("rds", "describe_db_clusters", "DBClusters")],
        "rds:db": [one["DBInstanceArn"] for one in pages("rds", "describe_db_instances", "DBInstances")],
        "rds:snapshot": [one["DBSnapshotArn"] for one in pages("rds", "describe_db_snapshots", "DBSnapshots", SnapshotType="manual")],
        # moto never finishes deleting one.
        "elasticache:cluster": [
            one["ARN"] for one in pages("elasticache", "describe_cache_clusters", "CacheClusters")
            if one["CacheClusterStatus"] != "deleting"
        ],
        "ecs:cluster": [
            one["clusterArn"]
            for one in of("ecs").describe_clusters(clusters=pages("ecs", "list_clusters", "clusterArns"))["clusters"]
            if one["status"] != "INACTIVE"
        ],
        "ecs:service": [],
        "eks:cluster": pages("eks", "list_clusters", "clusters"),
        "eks:nodegroup": [],
        "lambda:function": [one["FunctionArn"] for one in pages("lambda", "list_functions", "Functions")],
        "dynamodb:table": [
            of("dynamodb").describe_table(TableName=name)["Table"]["TableArn"]
            for name in pages("dynamodb", "list_tables", "TableNames")
        ],
        "sqs:queue": [
            "arn:aws:sqs:{}:{}:{}".format(region, *url.split("/")[-2:])
            for page in of("sqs").get_paginator("list_queues").paginate() for url in page.get("QueueUrls", [])
        ],
        "sns:topic": [one["TopicArn"] for one in pages("sns", "list_topics", "Topics")],
        "logs:log-group": [one["logGroupName"] for one in pages("logs", "describe_log_groups", "logGroups")],
        "secretsmanager:secret": [one["ARN"] for one in pages("secretsmanager", "list_secrets", "SecretList")],
        "kms:key": [],
        "cloudformation:stack": [
            one["StackId"] for one in pages("cloudformation", "list_stacks", "StackSummaries")
            if one["StackStatus"] != "DELETE_COMPLETE"
        ],
    }
    for cluster in everything["ecs:cluster"]:
        services = pages("ecs", "list_services", "serviceArns", cluster=cluster)
        if services:
            about = of("ecs").describe_services(cluster=cluster, services=services)["services"]
            everything["ecs:service"] += [one["serviceArn"] for one in about if one["status"] != "INACTIVE"]
    for cluster in list(everything["eks:cluster"]):
        for group in pages("eks", "list_nodegroups", "nodegroups", clusterName=cluster):
            arn = of("eks").describe_nodegroup(clusterName=cluster, nodegroupName=group)["nodegroup"]["nodegroupArn"]
            everything["eks:nodegroup"].append(arn)
    everything["eks:cluster"] = [
        of("eks").describe_cluster(name=name)["cluster"]["arn"] for name in everything["eks:cluster"]
    ]
    # moto lists AWS managed keys as customer managed; their aliases identify them.
    aliases = pages("kms", "list_aliases", "Aliases")
    own = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"].startswith("alias/aws/")}
    for key in pages("kms", "list_keys", "Keys"):
        about = of("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        # A key cannot be deleted at once, so a scheduled deletion counts.
        its_own = about["KeyManager"] == "CUSTOMER" and key["KeyId"] not in own
        if about["KeyState"] != "PendingDeletion" and its_own:
            everything["kms:key"].append(about["Arn"])
    found = [{"type": kind, "id": id, "region": region} for kind, ids in everything.items() for id in ids]
    if first:
        iam = {
            "iam:role": [one["Arn"] for one in pages("iam", "list_roles", "Roles")],
            "iam:policy": [one["Arn"] for one in pages("iam", "list_policies", "Policies", Scope="Local")],
            "iam:instance-profile": [one["Arn"] for one in pages("iam", "list_instance_profiles", "InstanceProfiles")],
            "s3:bucket": [f"arn:aws:s3:::{one['Name']}" for one in of("s3").list_buckets()["Buckets"]],
        }
        found += [{"type": kind, "id": id, "region": "global"} for kind, ids in iam.items() for id in ids]
    return found


def main():
    command, *arguments = sys.argv[1:]
    if command == "create":
        said = create(json.loads(arguments[0]))
    elif command == "list":
        said = [one for number, region in enumerate(arguments) for one in listed(region, number == 0)]
    else:
        sys.exit(__doc__)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
