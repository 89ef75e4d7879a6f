use std::sync::Mutex;

use super::testing::resource_parts;
use super::*;

/// An id says by its beginning what it is, whatever a call names the type.
#[test]
fn ids_say_what_they_are() {
    let ids = [
        "nat-1",
        "eipalloc-1",
        "vpce-1",
        "vpc-1",
        "sgr-1",
        "sg-1",
        "tgw-1",
        "x",
    ];
    let expected = [
        "elastic-ip/eipalloc-1",
        "natgateway/nat-1",
        "security-group/sg-1",
        "security-group-rule/sgr-1",
        "vpc/vpc-1",
        "vpc-endpoint/vpce-1",
    ];
    assert_eq!(resource_parts(&named(&Clients::for_tests(), ids)), expected);
}

/// Ids that do not exist are left out of a list that would fail for them, named in the error or not, and every other
/// one is asked about.
#[tokio::test]
async fn missing_ids_are_left_out() {
    let clients = Clients::for_tests();
    let ids: Vec<_> = (0..7)
        .map(|n| clients.arn("ec2", &format!("launch-template/lt-{n}")))
        .collect();
    for says in [true, false] {
        let asked = Mutex::new(0);
        let ask = |ids: Vec<String>| {
            *asked.lock().unwrap() += 1;
            let missing = ids
                .iter()
                .find(|id| ["lt-2", "lt-6"].contains(&id.as_str()));
            let answer = match missing {
                None => Ok(named_resources(&clients, &ids)),
                Some(id) => Err(gone(if says { id } else { "one of them" })),
            };
            async { answer }
        };
        let found = existing(&ids, "launch-template", &ask).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|one| one.resource.id).collect();
        found.sort();
        let left: Vec<_> = [0, 1, 3, 4, 5].iter().map(|n| ids[*n].clone()).collect();
        assert_eq!(found, left);
        assert!(*asked.lock().unwrap() <= if says { 3 } else { 11 });
    }
}

fn named_resources(clients: &Clients, ids: &[String]) -> Vec<Description> {
    let ids = named(clients, ids.iter().map(String::as_str));
    let ids = ids.into_iter();
    ids.map(|id| Description::from(clients.resource(id, "ec2:launch-template")))
        .collect()
}

fn gone(id: &str) -> CloudError {
    CloudError {
        service: "ec2".to_owned(),
        call: "DescribeLaunchTemplates".to_owned(),
        resource: None,
        code: Some("InvalidLaunchTemplateId.NotFound".to_owned()),
        message: format!("{id} does not exist"),
        kind: CloudErrorKind::Gone,
    }
}
