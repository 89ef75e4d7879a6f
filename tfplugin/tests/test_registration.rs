//! Registration: capabilities that a resource implements but does not register, and old state.

use serde_json::json;
use tfplugin::testing::Harness;
use tfplugin::{
    ApplyContext, Context, Identify, Import, ListContext, ListResource, Model, MoveFrom,
    MoveSource, NoConfig, Provider, Registry, Resource, Result, StoredState, Upgrade,
    UpgradeIdentity, Value,
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

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Everything {}

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
resource!(Unnamed, Young, "forgetful_unnamed");

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

        impl Identify for $name {
            type Identity = Old;

            fn identity(&self, model: &$model) -> Old {
                Old { name: model.name.clone() }
            }

            async fn import_by_identity(&self, _: &mut Context, identity: Old) -> Result<$model> {
                Ok($model { name: identity.name })
            }
        }

        impl UpgradeIdentity for $name {
            fn upgrade_identity(_: &mut Context, _: StoredState) -> Result<Old> {
                Ok(Old { name: Value::Null })
            }
        }

        impl ListResource for $name {
            type Filter = Everything;

            async fn list(&self, _: &mut ListContext<'_, Self>, _: Everything) -> Result<()> {
                Ok(())
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

/// Its identity has version 2, and nothing upgrades it.
impl Identify for Unnamed {
    type Identity = Old;

    fn identity(&self, model: &Young) -> Old {
        Old {
            name: model.name.clone(),
        }
    }

    async fn import_by_identity(&self, _: &mut Context, identity: Old) -> Result<Young> {
        Ok(Young {
            name: identity.name,
        })
    }
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
            .resource::<Unnamed>()
            .identifiable()
            .resource::<Complete>()
            .importable()
            .upgradable()
            .movable()
            .identifiable()
            .identity_upgradable()
            .listable();
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
            "The provider does not register Identify of forgetful_forgotten",
            "The provider does not register UpgradeIdentity of forgetful_forgotten",
            "The provider does not register ListResource of forgetful_forgotten",
            "The provider cannot upgrade the state of forgetful_stuck",
            "The provider cannot upgrade the identity of forgetful_unnamed",
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
