//! Calls to moto itself, to find out whether a resource is in use, protected or present.

use super::call::Call;
use super::http::{Request, Upstream};
use super::xml::Element;

/// Calls the server with the credentials of a client's request.
pub struct MotoClient<'a> {
    pub request: &'a Request,
    pub call: &'a Call,
    pub upstream: &'a Upstream,
}

impl MotoClient<'_> {
    /// A call of a service with the query protocol.
    pub fn form(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Element {
        let mut body = format!("Action={action}&Version={}", version(service));
        for (name, value) in parameters {
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        let answer = self.ask(service, "POST", "/", None, body);
        Element::parse(&answer)
    }

    /// A call of a service with a JSON protocol: by target, or by path if `call` begins with a
    /// slash.
    pub fn json(&self, service: &str, call: &str, body: &str) -> serde_json::Value {
        let answer = if call.starts_with('/') {
            self.ask(service, "GET", call, None, String::new())
        } else {
            self.ask(service, "POST", "/", Some(call), body.to_owned())
        };
        serde_json::from_str(&answer).unwrap_or_default()
    }

    fn ask(
        &self,
        service: &str,
        method: &str,
        path: &str,
        target: Option<&str>,
        body: String,
    ) -> String {
        let scope = format!("/{}/aws4_request", self.call.service);
        let authorization = self.request.header("authorization").unwrap_or_default();
        let authorization = authorization.replace(&scope, &format!("/{service}/aws4_request"));
        let mut headers = vec![
            ("host".to_owned(), "localhost".to_owned()),
            ("authorization".to_owned(), authorization),
        ];
        let kind = match target {
            Some(target) => {
                headers.push(("x-amz-target".to_owned(), target.to_owned()));
                "application/x-amz-json-1.1"
            }
            None => "application/x-www-form-urlencoded",
        };
        headers.push(("content-type".to_owned(), kind.to_owned()));
        let request = Request {
            method: method.to_owned(),
            target: path.to_owned(),
            headers,
            body: body.into_bytes(),
        };
        self.upstream.ask(&request).unwrap().text()
    }

    /// The ids in an EC2 description with one filter.
    pub fn filtered(&self, action: &str, filter: &str, value: &str, path: &str) -> Vec<String> {
        let filter = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
        let answer = self.form("ec2", action, &filter);
        texts(&answer.all(path))
    }

    /// The instances that match a filter and are not terminated.
    pub fn instances(&self, filter: &str, value: &str) -> Vec<Element> {
        let filter = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
        let answer = self.form("ec2", "DescribeInstances", &filter);
        let instances = answer.all("instancesSet/item").into_iter();
        instances
            .filter(|instance| instance.first("instanceState/name") != "terminated")
            .cloned()
            .collect()
    }

    /// Whether a load balancer refers to this subnet, security group or VPC.
    pub fn balancers(&self, id: &str) -> bool {
        let answer = self.form("elasticloadbalancing", "DescribeLoadBalancers", &[]);
        let balancers = answer.all("LoadBalancers/member");
        balancers.iter().any(|balancer| has_text(balancer, id))
    }

    /// Whether a NAT gateway that is not deleted refers to this resource.
    pub fn gateways(&self, id: &str) -> bool {
        let answer = self.form("ec2", "DescribeNatGateways", &[]);
        let gateways = answer.all("natGatewaySet/item");
        gateways
            .iter()
            .any(|gateway| gateway.first("state") != "deleted" && has_text(gateway, id))
    }
}

/// The text of each element.
fn texts(elements: &[&Element]) -> Vec<String> {
    elements
        .iter()
        .map(|element| element.text.clone())
        .collect()
}

/// Whether an element or one of its descendants has this text.
pub fn has_text(element: &Element, text: &str) -> bool {
    element.text == text || element.children.iter().any(|child| has_text(child, text))
}

fn encode(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| match plain(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

fn version(service: &str) -> &'static str {
    match service {
        "ec2" => "2016-11-15",
        "autoscaling" => "2011-01-01",
        "elasticloadbalancing" => "2015-12-01",
        "rds" => "2014-10-31",
        "elasticache" => "2015-02-02",
        "iam" => "2010-05-08",
        "cloudformation" => "2010-05-15",
        other => panic!("no API version for {other}: add it here"),
    }
}
