//! The service and operation of a request, in each of AWS's protocols.

use super::http::Request;

/// A request to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service in the credential scope: `ec2`, `elasticloadbalancing`, `tagging`, `monitoring`.
    pub service: String,
    /// The operation: `DescribeInstances`.
    pub name: String,
    pub region: String,
    /// The access key, which is the account number in these tests.
    pub key: String,
    /// Whether an SDK retries, because it got no answer or a retryable error.
    pub is_retry: bool,
    /// Whether it is in Smithy's RPC v2 CBOR protocol.
    pub cbor: bool,
    /// Decoded path and body, with CBOR as JSON, to find ids in.
    pub text: String,
    /// The parameters of a form.
    form: Vec<(String, String)>,
}

impl Call {
    pub fn of(request: &Request) -> Self {
        let scope = request.header("authorization").unwrap_or_default();
        let scope = scope.split("Credential=").nth(1).unwrap_or_default();
        let scope: Vec<&str> = scope.split([',', '/']).collect();
        let part = |index: usize| (*scope.get(index).unwrap_or(&"")).to_owned();
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let body = request.text();
        let cbor = request.header("smithy-protocol") == Some("rpc-v2-cbor");
        let form = if body.starts_with("Action=") || body.contains("&Action=") {
            body.split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (decode(key), decode(&value.replace('+', " "))))
                .collect()
        } else {
            Vec::new()
        };
        let service = part(3);
        let action = form.iter().find(|(key, _)| key == "Action");
        let name = match (request.header("x-amz-target"), action) {
            (Some(target), _) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            (None, Some((_, action))) => action.clone(),
            (None, None) if cbor => path.rsplit('/').next().unwrap_or_default().to_owned(),
            (None, None) => rest_operation(&service, &request.method, path, query),
        };
        Self {
            name,
            region: part(2),
            key: part(0),
            is_retry: request
                .header("amz-sdk-request")
                .is_some_and(|attempt| !attempt.starts_with("attempt=1;")),
            text: format!("{}\n{}", decode(&request.target), decode(&body)),
            service,
            cbor,
            form,
        }
    }

    /// A parameter of a form, or of a flat JSON body.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let form = self.form.iter().find(|(key, _)| key == name);
        form.map(|(_, value)| value.clone()).or_else(|| {
            let body = self.text.split_once('\n').map(|(_, body)| body)?;
            let json: serde_json::Value = serde_json::from_str(body).ok()?;
            json[name].as_str().map(str::to_owned)
        })
    }

    /// The parameters `Name.1`, `Name.2`, …
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let of_list = |key: &str| {
            let number = key.strip_prefix(name)?.strip_prefix('.')?;
            number.parse::<usize>().ok()
        };
        let form = self.form.iter();
        form.filter(|(key, _)| of_list(key).is_some())
            .map(|(_, value)| value.clone())
            .collect()
    }
}

/// The operation of a REST call, which only its method and path identify.
fn rest_operation(service: &str, method: &str, path: &str, query: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = match (service, method, parts.as_slice()) {
        ("s3", "GET", []) => "ListBuckets",
        ("s3", method, [_]) => match (method, query.split(['=', '&']).next()) {
            ("GET", Some("tagging")) => "GetBucketTagging",
            ("GET", Some("versions")) => "ListObjectVersions",
            ("GET", Some("uploads")) => "ListMultipartUploads",
            ("GET", Some("location")) => "GetBucketLocation",
            ("GET", _) => "ListObjects",
            ("HEAD", _) => "HeadBucket",
            ("POST", _) => "DeleteObjects",
            ("DELETE", Some("")) => "DeleteBucket",
            _ => "OfBucket",
        },
        ("s3", "DELETE", _) => "DeleteObject",
        ("s3", _, _) => "OfObject",
        ("eks", "GET", ["clusters"]) => "ListClusters",
        ("eks", "GET", ["clusters", _]) => "DescribeCluster",
        ("eks", "DELETE", ["clusters", _]) => "DeleteCluster",
        ("eks", "GET", ["clusters", _, "node-groups"]) => "ListNodegroups",
        ("eks", "GET", ["clusters", _, "node-groups", _]) => "DescribeNodegroup",
        ("eks", "DELETE", ["clusters", _, "node-groups", _]) => "DeleteNodegroup",
        ("lambda", "GET", [_, "functions"]) => "ListFunctions",
        ("lambda", "GET", [_, "functions", _]) => "GetFunction",
        ("lambda", "GET", [_, "functions", _, "configuration"]) => "GetFunctionConfiguration",
        ("lambda", "DELETE", [_, "functions", _]) => "DeleteFunction",
        ("lambda", "GET", [_, "tags", ..]) => "ListTags",
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}

/// Percent-decoded text.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
