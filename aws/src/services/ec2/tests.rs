use std::sync::Mutex;

use super::*;

/// Missing ids are dropped, whether the error names them or not, and all others are described.
#[tokio::test]
async fn drops_missing_ids() {
    let clients = Clients::for_tests();
    let ids: Vec<_> = (0..7)
        .map(|n| clients.arn("ec2", &format!("launch-template/lt-{n}")))
        .collect();
    for names_id in [true, false] {
        let calls = Mutex::new(0);
        let call = |ids: Vec<String>| {
            *calls.lock().unwrap() += 1;
            let missing = ids
                .iter()
                .find(|id| ["lt-2", "lt-6"].contains(&id.as_str()));
            let answer = match missing {
                None => Ok(descriptions(&clients, &ids)),
                Some(id) => Err(gone(if names_id { id } else { "one of them" })),
            };
            async { answer }
        };
        let mut found: Vec<_> = existing(&ids, "launch-template", &call)
            .await
            .unwrap()
            .into_iter()
            .map(|description| description.resource.id)
            .collect();
        found.sort();
        let expected: Vec<_> = [0, 1, 3, 4, 5].iter().map(|n| ids[*n].clone()).collect();
        assert_eq!(found, expected);
        assert!(*calls.lock().unwrap() <= if names_id { 3 } else { 11 });
    }
}

fn descriptions(clients: &Clients, ids: &[String]) -> Vec<Description> {
    ids.iter()
        .map(|id| clients.arn("ec2", &format!("launch-template/{id}")))
        .map(|arn| Description::from(clients.resource(arn, "ec2:launch-template")))
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
