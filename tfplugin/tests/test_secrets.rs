//! Sensitive and write-only values: `Debug` and errors do not show them.

use serde_json::json;
use tfplugin::testing::Harness;
use tfplugin::{
    ApplyContext, Context, Dynamic, Model, NoConfig, Path, Plan, Provider, Registry, Resource,
    Result, Secret, Value,
};

struct Vault;

impl Provider for Vault {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Login>();
    }
}

#[derive(Clone, Debug, Model)]
struct LoginModel {
    /// The user.
    #[attribute(required)]
    user: Value<String>,
    /// The password.
    #[attribute(required, sensitive)]
    password: Value<Secret<String>>,
    /// The code.
    #[attribute(optional, write_only)]
    code: Value<Secret<u16>>,
    /// A ratio with any number of digits.
    #[attribute(optional)]
    ratio: Value<f64>,
    /// What the calls printed.
    #[attribute(computed)]
    printed: Value<String>,
    /// Whether the plan of the code was null.
    #[attribute(computed)]
    code_was_planned: Value<bool>,
}

struct Login;

impl Resource for Login {
    type Client = ();
    type Model = LoginModel;

    const NAME: &'static str = "vault_login";

    fn new((): ()) -> Self {
        Self
    }

    async fn plan(&self, context: &mut Context, plan: &mut Plan<'_, LoginModel>) -> Result<()> {
        context.warn(format!("{plan:?} {context:?} {:?}", plan.planned()?), "");
        Ok(())
    }

    async fn create(
        &self,
        context: &mut ApplyContext<'_, LoginModel>,
        planned: LoginModel,
    ) -> Result<LoginModel> {
        let config = context.config()?;
        let code = context.planned_value().get(&Path::new("code"));
        Ok(LoginModel {
            printed: format!("{planned:?} {context:?} {config:?}").into(),
            code_was_planned: Value::Known(code != Some(&Dynamic::Null)),
            ..planned
        })
    }

    async fn read(&self, _: &mut Context, state: LoginModel) -> Result<Option<LoginModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        context: &mut ApplyContext<'_, LoginModel>,
        _: LoginModel,
        planned: LoginModel,
    ) -> Result<LoginModel> {
        self.create(context, planned).await
    }

    async fn delete(&self, _: &mut ApplyContext<'_, LoginModel>, _: LoginModel) -> Result<()> {
        Ok(())
    }
}

fn config(ratio: &str) -> serde_json::Value {
    let ratio: serde_json::Value = serde_json::from_str(ratio).unwrap();
    json!({ "user": "ana", "password": "hunter2", "code": 4321, "ratio": ratio })
}

#[tokio::test]
async fn debug_shows_no_sensitive_or_write_only_value() {
    let harness = Harness::new(Vault);
    harness.configure(json!({})).await.unwrap();
    let mut login = harness.resource("vault_login");
    let plan = login.plan(config("1")).await.unwrap();
    login.apply(config("1")).await.unwrap();
    let printed = [
        plan.warnings()[0].summary.clone(),
        login.get("printed").to_string(),
        format!("{plan:?} {login:?}"),
    ];
    for text in printed {
        assert!(
            text.contains("ana") && text.contains("(sensitive)"),
            "{text}"
        );
        assert!(
            !text.contains("hunter2") && !text.contains("4321"),
            "{text}"
        );
    }
    assert_eq!(login.get("code_was_planned"), json!(false));
}

#[tokio::test]
async fn an_error_about_a_secret_does_not_show_it() {
    let harness = Harness::new(Vault);
    let config = json!({ "user": "ana", "password": "hunter2", "code": 987_654 });
    let failure = harness.validate("vault_login", config).await.unwrap_err();
    let text = failure.to_string();
    assert!(
        text.starts_with("code: Number out of range") && !text.contains("987"),
        "{text}"
    );
}

#[tokio::test]
async fn a_float_keeps_the_digits_of_the_configuration() {
    let harness = Harness::new(Vault);
    harness.configure(json!({})).await.unwrap();
    let third = "0.333333333333333333333333333333333333333333333333";
    let mut login = harness.resource("vault_login");
    login.apply(config(third)).await.unwrap();
    assert_eq!(login.get("ratio").to_string(), third);
    login.apply(config("0.1")).await.unwrap();
    assert_eq!(login.get("ratio").to_string(), "0.1");
}
