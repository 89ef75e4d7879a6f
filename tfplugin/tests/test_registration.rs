//! Registration: capabilities that a resource implements but does not register, and old state.

use serde_json::json;
use tfplugin::testing::Harness;
use tfplugin::{
    ApplyContext, Context, Import, Model, MoveFrom, MoveSource, NoConfig, Provider, Registry,
    Resource, Result, StoredState, Upgrade, Value,
};

#[derive(Clone, Debug, Model)]
#[model(version = 2)]
struct Old {
    /// The name, which version 1 called title.
    #[attribute(required)]
    name: Value<String>,
}

#[derive(Clone, Debug, Model)]
struct Young {
    /// The name.
    #[attribute(required)]
    name: Value<String>,
}

/// A resource that changes nothing.
macro_rules! resource {
    ($name:ident, $model:ident, $type_name:literal) => {
        struct $name;

        impl Resource for $name {
            type Client = ();
            type Model = $model;

            const NAME: &'static str = $type_name;

            fn new((): ()) -> Self {
                Self
            }

            async fn create(
                &self,
                _: &mut ApplyContext<'_, $model>,
                planned: $model,
            ) -> Result<$model> {
                Ok(planned)
            }

            async fn read(&self, _: &mut Context, state: $model) -> Result<Option<$model>> {
                Ok(Some(state))
            }

            async fn update(
                &self,
                _: &mut ApplyContext<'_, $model>,
                _: $model,
                planned: $model,
            ) -> Result<$model> {
                Ok(planned)
            }

            async fn delete(&self, _: &mut ApplyContext<'_, $model>, _: $model) -> Result<()> {
                Ok(())
            }
        }
    };
}

resource!(Forgotten, Old, "forgetful_forgotten");
resource!(Stuck, Old, "forgetful_stuck");
resource!(Plain, Young, "forgetful_plain");
resource!(Complete, Old, "forgetful_complete");

macro_rules! capabilities {
    ($($name:ident, $model:ident;)*) => {$(
        impl Import for $name {
            async fn import(&self, _: &mut Context, id: String) -> Result<$model> {
                Ok($model { name: id.into() })
            }
        }

        impl Upgrade for $name {
            fn upgrade(_: &mut Context, stored: StoredState) -> Result<$model> {
                Ok($model { name: stored.str("title").map(str::to_owned).into() })
            }
        }

        impl MoveFrom for $name {
            fn move_from(_: &mut Context, _: MoveSource) -> Result<Option<$model>> {
                Ok(None)
            }
        }
    )*};
}

capabilities! {
    Forgotten, Old;
    Complete, Old;
}

struct Forgetful;

impl Provider for Forgetful {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry
            .resource::<Forgotten>()
            .resource::<Stuck>()
            .resource::<Plain>()
            .resource::<Complete>()
            .importable()
            .upgradable()
            .movable();
    }
}

#[tokio::test]
async fn a_capability_that_is_implemented_must_be_registered() {
    let failure = Harness::new(Forgetful).check_schemas().await.unwrap_err();
    let errors: Vec<_> = failure.diagnostics().iter().map(|d| &d.summary).collect();
    assert_eq!(
        errors,
        [
            "The provider does not register Import of forgetful_forgotten",
            "The provider does not register Upgrade of forgetful_forgotten",
            "The provider does not register MoveFrom of forgetful_forgotten",
            "The provider cannot upgrade the state of forgetful_stuck",
        ]
    );
    assert!(
        failure.to_string().contains("Add `.importable()`"),
        "{failure}"
    );
}

#[tokio::test]
async fn older_state_without_an_upgrade_is_an_error() {
    let harness = Harness::new(Forgetful);
    let stored = json!({ "title": "a" });
    for name in ["forgetful_forgotten", "forgetful_stuck"] {
        let failure = harness.upgrade(name, 1, stored.clone()).await.unwrap_err();
        assert!(
            failure.to_string().contains("cannot be upgraded"),
            "{failure}"
        );
    }
    let upgraded = harness
        .upgrade("forgetful_complete", 1, stored)
        .await
        .unwrap();
    assert_eq!(upgraded.get("name"), json!("a"));
}
