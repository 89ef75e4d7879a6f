//! Networks: VPN, transit gateways, classic load balancers, DNS resolvers.

use super::super::table_type::{TableType, arns};

pub(super) const ROWS: &[TableType] = &[
    TableType::new(
        "ec2:customer-gateway",
        "AWS::EC2::CustomerGateway",
        "ec2:{region}:{account}:customer-gateway/{id}",
        "{id}",
    )
    .id_prefix("cgw")
    .uses(&[arns("/CertificateArn")]),
    TableType::new(
        "ec2:vpn-gateway",
        "AWS::EC2::VPNGateway",
        "ec2:{region}:{account}:vpn-gateway/{id}",
        "{id}",
    )
    .id_prefix("vgw"),
    TableType::new(
        "ec2:vpn-connection",
        "AWS::EC2::VPNConnection",
        "ec2:{region}:{account}:vpn-connection/{id}",
        "{id}",
    )
    .id_prefix("vpn")
    .uses(&[
        arns("/CustomerGatewayId"),
        arns("/TransitGatewayId"),
        arns("/VpnGatewayId"),
    ])
    .costs("VPN connection"),
    TableType::new(
        "ec2:transit-gateway",
        "AWS::EC2::TransitGateway",
        "ec2:{region}:{account}:transit-gateway/{id}",
        "{id}",
    )
    .id_prefix("tgw"),
    TableType::new(
        "ec2:transit-gateway-attachment",
        "AWS::EC2::TransitGatewayAttachment",
        "ec2:{region}:{account}:transit-gateway-attachment/{id}",
        "{id}",
    )
    .id_prefix("tgw-attach")
    .also(&[
        "AWS::EC2::TransitGatewayVpcAttachment",
        "AWS::EC2::TransitGatewayPeeringAttachment",
        "AWS::EC2::TransitGatewayConnect",
    ])
    .uses(&[
        arns("/TransitGatewayId"),
        arns("/VpcId"),
        arns("/SubnetIds/*"),
        arns("/TransportTransitGatewayAttachmentId"),
    ])
    .created("/CreationTime")
    .costs("transit gateway attachment"),
    TableType::new(
        "ec2:transit-gateway-route-table",
        "AWS::EC2::TransitGatewayRouteTable",
        "ec2:{region}:{account}:transit-gateway-route-table/{id}",
        "{id}",
    )
    .id_prefix("tgw-rtb")
    .uses(&[arns("/TransitGatewayId")]),
    TableType::new(
        "ec2:carrier-gateway",
        "AWS::EC2::CarrierGateway",
        "ec2:{region}:{account}:carrier-gateway/{id}",
        "{id}",
    )
    .id_prefix("cagw")
    .uses(&[arns("/VpcId")]),
    TableType::new(
        "ec2:instance-connect-endpoint",
        "AWS::EC2::InstanceConnectEndpoint",
        "ec2:{region}:{account}:instance-connect-endpoint/{id}",
        "{id}",
    )
    .id_prefix("eice")
    .uses(&[arns("/SecurityGroupIds/*"), arns("/SubnetId")])
    .created("/CreatedAt"),
    TableType::new(
        "ec2:vpc-endpoint-service",
        "AWS::EC2::VPCEndpointService",
        "ec2:{region}:{account}:vpc-endpoint-service/{id}",
        "{id}",
    )
    .id_prefix("vpce-svc")
    .uses(&[
        arns("/GatewayLoadBalancerArns/*"),
        arns("/NetworkLoadBalancerArns/*"),
    ]),
    TableType::new(
        "elasticloadbalancing:classic-loadbalancer",
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "elasticloadbalancing:{region}:{account}:loadbalancer/{name}",
        "{name}",
    )
    .uses(&[
        arns("/SecurityGroups/*"),
        arns("/Subnets/*"),
        arns("/Listeners/*/SSLCertificateId"),
    ])
    .costs("classic load balancer"),
    TableType::new(
        "network-firewall:firewall",
        "AWS::NetworkFirewall::Firewall",
        "network-firewall:{region}:{account}:firewall/{name}",
        "{arn}",
    )
    .uses(&[
        arns("/FirewallPolicyArn"),
        arns("/VpcId"),
        arns("/SubnetMappings/*/SubnetId"),
    ])
    .protected_by("/DeleteProtection", &["true"])
    .slow()
    .costs("firewall endpoints"),
    TableType::new(
        "route53resolver:resolver-endpoint",
        "AWS::Route53Resolver::ResolverEndpoint",
        "route53resolver:{region}:{account}:resolver-endpoint/{id}",
        "{id}",
    )
    .uses(&[arns("/SecurityGroupIds/*"), arns("/IpAddresses/*/SubnetId")])
    .costs("resolver endpoint"),
    TableType::new(
        "vpc-lattice:service",
        "AWS::VpcLattice::Service",
        "vpc-lattice:{region}:{account}:service/{id}",
        "{arn}",
    )
    .uses(&[arns("/CertificateArn")])
    .created("/CreatedAt")
    .costs("VPC Lattice service"),
    TableType::new(
        "vpc-lattice:servicenetwork",
        "AWS::VpcLattice::ServiceNetwork",
        "vpc-lattice:{region}:{account}:servicenetwork/{id}",
        "{arn}",
    )
    .created("/CreatedAt"),
];
