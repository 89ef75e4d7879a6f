//! Checks that every resource in the examples has a price in the region where it runs by default.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::PriceTable;

/// Types that are free, or charged by use alone, which jiti names as unpriced.
const WITHOUT_METER: &[&str] = &[
    "aws_db_subnet_group",
    "aws_iam_instance_profile",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_internet_gateway",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_route_table",
    "aws_route_table_association",
    "aws_s3_bucket",
    "aws_security_group",
    "aws_sqs_queue",
    "aws_subnet",
    "aws_vpc",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
];

/// A block of HCL.
struct Block<'a> {
    kind: &'a str,
    text: &'a str,
}

impl<'a> Block<'a> {
    /// A quoted attribute: `instance_class = "db.t4g.micro"`.
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let line = self.text.lines().find(|line| {
            let line = line.trim_start();
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.trim_start().starts_with('='))
        })?;
        line.split('"').nth(1)
    }

    fn required(&self, name: &str) -> &'a str {
        let attribute = self.attribute(name);
        attribute.unwrap_or_else(|| panic!("{} has no {name}: {}", self.kind, self.text))
    }
}

/// The blocks of a text that begin with this word and a type.
fn blocks<'a>(text: &'a str, word: &str) -> Vec<Block<'a>> {
    let start = format!("\n{word} \"");
    let parts = text.match_indices(&start).map(|(at, _)| {
        let text = &text[at + start.len()..];
        let end = text.find("\n}").unwrap_or(text.len());
        let kind = text.split('"').next().unwrap_or_default();
        let text = &text[..end];
        Block { kind, text }
    });
    parts.collect()
}

/// What a resource is charged for by list price.
fn meters(block: &Block<'_>, variables: &[Block<'_>]) -> Vec<String> {
    match block.kind {
        "aws_launch_template" | "aws_instance" => {
            let kind = block.attribute("instance_type").unwrap_or_else(|| {
                let mut variables = variables.iter();
                let of_variable = variables.find(|one| one.kind == "instance_type");
                of_variable.unwrap().required("default")
            });
            // The image decides which of the two its volume is.
            let others = ["ebs:gp3", "ebs:gp2", "vpc:public-ipv4"].map(str::to_owned);
            others.into_iter().chain([format!("ec2:{kind}")]).collect()
        }
        "aws_lb" => vec!["elb:application".to_owned(), "vpc:public-ipv4".to_owned()],
        "aws_db_instance" => {
            let (class, engine) = (block.required("instance_class"), block.required("engine"));
            let storage = block.required("storage_type");
            let mut meters = vec![
                format!("rds:{class}:{engine}"),
                format!("rds:storage:{storage}"),
            ];
            if block.text.contains("manage_master_user_password") {
                meters.push("secretsmanager:secret".to_owned());
            }
            meters
        }
        // Its instances are those of the launch template.
        "aws_autoscaling_group" => Vec::new(),
        kind if WITHOUT_METER.contains(&kind) => Vec::new(),
        kind => panic!("say in this test what {kind} is charged for"),
    }
}

fn folders(within: &Path) -> Vec<PathBuf> {
    let mut found = vec![within.to_owned()];
    for entry in fs::read_dir(within).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') {
            found.extend(folders(&path));
        }
    }
    found
}

/// Every AWS resource of each example has a price in the example's default region.
#[test]
fn examples_have_prices() {
    let table = PriceTable::built_in();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut checked = 0;
    for folder in folders(&examples) {
        let files = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "tf"));
        let texts = files.map(|path| fs::read_to_string(path).unwrap());
        let text = format!("\n{}", texts.collect::<Vec<_>>().join("\n"));
        let resources = blocks(&text, "resource");
        let ours = resources
            .iter()
            .filter(|block| block.kind.starts_with("aws_"));
        let variables = blocks(&text, "variable");
        let meters = ours.flat_map(|block| meters(block, &variables));
        let meters: Vec<String> = meters.collect();
        if meters.is_empty() {
            continue;
        }
        let region = variables.iter().find(|block| block.kind == "region");
        let region = region.unwrap().required("default");
        for meter in meters {
            assert!(
                table.get(&meter, region).is_some(),
                "{meter} of {} has no price in {region}",
                folder.display()
            );
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked}");
}

/// The example's database has its price in both regions that have built-in prices.
#[test]
fn the_small_database_has_a_price() {
    let table = PriceTable::built_in();
    let usd = |region| {
        let price = table.get("rds:db.t4g.micro:postgres", region).unwrap();
        price.usd.to_string()
    };
    assert_eq!(
        (usd("eu-west-1").as_str(), usd("us-east-1").as_str()),
        ("0.017", "0.016")
    );
}
