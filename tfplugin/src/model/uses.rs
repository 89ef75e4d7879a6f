//! The options that a model uses, so that a place that would ignore one can refuse it.

/// Which options the attributes of a model, and of the models in it, have.
///
/// Code that `#[derive(Model)]` generates fills it in. Any version may change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(hidden)]
pub struct Uses {
    /// `computed`, without a default
    pub computed: bool,
    /// `write_only`
    pub write_only: bool,
    /// `versioned_by`
    pub versioned_by: bool,
    /// `sensitive`
    pub sensitive: bool,
    /// `deprecated`
    pub deprecated: bool,
    /// `keep`, `requires_replace` or `requires_replace_if`
    pub modifiers: bool,
}

impl Uses {
    /// No option.
    pub const NONE: Self = Self {
        computed: false,
        write_only: false,
        versioned_by: false,
        sensitive: false,
        deprecated: false,
        modifiers: false,
    };

    /// The options of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            computed: self.computed || other.computed,
            write_only: self.write_only || other.write_only,
            versioned_by: self.versioned_by || other.versioned_by,
            sensitive: self.sensitive || other.sensitive,
            deprecated: self.deprecated || other.deprecated,
            modifiers: self.modifiers || other.modifiers,
        }
    }

    /// Refuses what has no meaning in a provider's configuration, which is never stored or planned.
    ///
    /// ```compile_fail,E0080
    /// # use tfplugin::{Context, DataSource, Function, Model};
    /// # use tfplugin::{Provider, Registry, Result, Server, Value};
    /// #[derive(Model)]
    /// #[model(provider)]
    /// struct Config {
    ///     /// The region.
    ///     #[attribute(optional computed)]
    ///     region: Value<String>,
    /// }
    /// # struct Example;
    /// # impl Provider for Example {
    /// #     type Config = Config;
    /// #     type Client = ();
    /// #     async fn configure(&self, _: &mut Context, _: Self::Config) -> Result<()> { Ok(()) }
    /// #     fn register(_: &mut Registry<()>) {}
    /// # }
    /// Server::new(Example); // This does not compile.
    /// ```
    pub(crate) const fn check_provider(self) {
        assert!(
            !self.computed,
            "a provider's configuration cannot have a `computed` attribute, because it is not stored"
        );
        assert!(
            !self.write_only,
            "a provider's configuration cannot have a `write_only` attribute, because nothing of it \
             is stored; remove `write_only`"
        );
        assert!(
            !self.modifiers,
            "a provider's configuration cannot have `keep` or `requires_replace`, because it is not \
             planned"
        );
    }

    /// Refuses what has no meaning in a data source, which is read and never planned.
    ///
    /// ```compile_fail,E0080
    /// # use tfplugin::{Context, DataSource, Function, Model};
    /// # use tfplugin::{Provider, Registry, Result, Server, Value};
    /// #[derive(Model)]
    /// struct Zone {
    ///     /// The name.
    ///     #[attribute(required, requires_replace)]
    ///     name: Value<String>,
    /// }
    /// # impl DataSource for Zone {
    /// #     type Client = ();
    /// #     type Model = Self;
    /// #     const NAME: &'static str = "example_zone";
    /// #     fn new((): ()) -> Self { Self { name: Value::Null } }
    /// #     async fn read(&self, _: &mut Context, zone: Self) -> Result<Self> { Ok(zone) }
    /// # }
    /// # struct Example;
    /// # impl Provider for Example {
    /// #     type Config = tfplugin::NoConfig;
    /// #     type Client = ();
    /// #     async fn configure(&self, _: &mut Context, _: Self::Config) -> Result<()> { Ok(()) }
    /// #     fn register(registry: &mut Registry<()>) { registry.data_source::<Zone>(); }
    /// # }
    /// Server::new(Example); // This does not compile.
    /// ```
    pub(crate) const fn check_data_source(self) {
        assert!(
            !self.write_only,
            "a data source cannot have a `write_only` attribute, because Terraform stores its values"
        );
        assert!(
            !self.modifiers,
            "a data source cannot have `keep` or `requires_replace`, because it is not planned"
        );
    }

    /// Refuses what has no meaning in an ephemeral resource, which is never stored or planned.
    ///
    /// ```compile_fail,E0080
    /// # use tfplugin::{Context, EphemeralContext, EphemeralResource, Model};
    /// # use tfplugin::{Provider, Registry, Result, Server, Value};
    /// #[derive(Model)]
    /// struct Token {
    ///     /// The role.
    ///     #[attribute(required, write_only)]
    ///     role: Value<String>,
    /// }
    /// # impl EphemeralResource for Token {
    /// #     type Client = ();
    /// #     type Model = Self;
    /// #     const NAME: &'static str = "example_token";
    /// #     fn new((): ()) -> Self { Self { role: Value::Null } }
    /// #     async fn open(&self, _: &mut EphemeralContext<'_>, token: Self) -> Result<Self> {
    /// #         Ok(token)
    /// #     }
    /// # }
    /// # struct Example;
    /// # impl Provider for Example {
    /// #     type Config = tfplugin::NoConfig;
    /// #     type Client = ();
    /// #     async fn configure(&self, _: &mut Context, _: Self::Config) -> Result<()> { Ok(()) }
    /// #     fn register(registry: &mut Registry<()>) { registry.ephemeral_resource::<Token>(); }
    /// # }
    /// Server::new(Example); // This does not compile.
    /// ```
    pub(crate) const fn check_ephemeral(self) {
        assert!(
            !self.write_only,
            "an ephemeral resource cannot have a `write_only` attribute, because nothing of it is \
             stored; remove `write_only`"
        );
        assert!(
            !self.modifiers,
            "an ephemeral resource cannot have `keep` or `requires_replace`, because it is not \
             planned"
        );
    }

    /// Refuses what has no meaning in an action, which has no state and no result.
    ///
    /// ```compile_fail,E0080
    /// # use tfplugin::{Action, Context, InvokeContext, Model};
    /// # use tfplugin::{Provider, Registry, Result, Server, Value};
    /// #[derive(Model)]
    /// struct Restart {
    ///     /// The time of the restart.
    ///     #[attribute(computed)]
    ///     restarted_at: Value<String>,
    /// }
    /// # impl Action for Restart {
    /// #     type Client = ();
    /// #     type Model = Self;
    /// #     const NAME: &'static str = "example_restart";
    /// #     fn new((): ()) -> Self { Self { restarted_at: Value::Null } }
    /// #     async fn invoke(&self, _: &mut InvokeContext<'_>, _: Self) -> Result<()> { Ok(()) }
    /// # }
    /// # struct Example;
    /// # impl Provider for Example {
    /// #     type Config = tfplugin::NoConfig;
    /// #     type Client = ();
    /// #     async fn configure(&self, _: &mut Context, _: Self::Config) -> Result<()> { Ok(()) }
    /// #     fn register(registry: &mut Registry<()>) { registry.action::<Restart>(); }
    /// # }
    /// Server::new(Example); // This does not compile.
    /// ```
    pub(crate) const fn check_action(self) {
        assert!(
            !self.computed,
            "an action cannot have a `computed` attribute, because it has no result"
        );
        assert!(
            !self.sensitive,
            "an action cannot have a `sensitive` attribute, because Terraform shows no value of it; \
             `write_only` accepts ephemeral values"
        );
        assert!(
            !self.versioned_by,
            "an action cannot have `versioned_by`, because it gets every value each time; remove it"
        );
        assert!(
            !self.modifiers,
            "an action cannot have `keep` or `requires_replace`, because it has no state"
        );
    }

    /// Refuses what has no meaning in a `provider_meta` block, which is only read.
    pub(crate) const fn check_provider_meta(self) {
        assert!(
            !self.computed && !self.write_only && !self.modifiers,
            "a `provider_meta` block cannot have `computed`, `write_only`, `keep` or \
             `requires_replace`, because it is neither planned nor stored"
        );
    }

    /// Refuses what has no meaning in the arguments of a function, which are never stored.
    ///
    /// ```compile_fail,E0080
    /// # use tfplugin::{Context, DataSource, Function, Model};
    /// # use tfplugin::{Provider, Registry, Result, Server, Value};
    /// #[derive(Model)]
    /// #[model(nested)]
    /// struct Length {
    ///     /// The text.
    ///     #[attribute(required, deprecated = "Use another.")]
    ///     text: Value<String>,
    /// }
    /// # impl Function for Length {
    /// #     const NAME: &'static str = "length";
    /// #     const SUMMARY: &'static str = "The length of a text";
    /// #     type Args = Self;
    /// #     type Output = u64;
    /// #     fn call(_: Self) -> Result<u64> { Ok(0) }
    /// # }
    /// # struct Example;
    /// # impl Provider for Example {
    /// #     type Config = tfplugin::NoConfig;
    /// #     type Client = ();
    /// #     async fn configure(&self, _: &mut Context, _: Self::Config) -> Result<()> { Ok(()) }
    /// #     fn register(registry: &mut Registry<()>) { registry.function::<Length>(); }
    /// # }
    /// Server::new(Example); // This does not compile.
    /// ```
    pub(crate) const fn check_function(self) {
        assert!(
            !self.computed,
            "a function cannot have a `computed` argument, because the caller gives every argument"
        );
        assert!(
            !self.write_only,
            "a function cannot have a `write_only` argument, because no argument is stored"
        );
        assert!(
            !self.sensitive,
            "a function cannot have a `sensitive` argument: Terraform passes on whether a value is \
             sensitive by itself"
        );
        assert!(
            !self.deprecated,
            "a function cannot have a `deprecated` argument: Terraform has no warning for it; use \
             `Function::DEPRECATED`"
        );
        assert!(
            !self.modifiers,
            "a function cannot have `keep` or `requires_replace`, because it is not planned"
        );
    }

    /// Refuses what has no meaning in an identity, which is stored, shown and never planned.
    ///
    /// ```compile_fail,E0080
    /// # use tfplugin::{ApplyContext, Context, Identify, Model, Provider, Registry};
    /// # use tfplugin::{Resource, Result, Server, Value};
    /// #[derive(Clone, Model)]
    /// struct Note {
    ///     /// The id.
    ///     #[attribute(computed)]
    ///     id: Value<String>,
    /// }
    /// # impl Resource for Note {
    /// #     type Client = ();
    /// #     type Model = Self;
    /// #     const NAME: &'static str = "example_note";
    /// #     fn new((): ()) -> Self { Self { id: Value::Null } }
    /// #     async fn create(&self, _: &mut ApplyContext<'_, Self>, note: Self) -> Result<Self> {
    /// #         Ok(note)
    /// #     }
    /// #     async fn read(&self, _: &mut Context, state: Self) -> Result<Option<Self>> {
    /// #         Ok(Some(state))
    /// #     }
    /// #     async fn update(
    /// #         &self, _: &mut ApplyContext<'_, Self>, _: Self, planned: Self,
    /// #     ) -> Result<Self> {
    /// #         Ok(planned)
    /// #     }
    /// #     async fn delete(&self, _: &mut ApplyContext<'_, Self>, _: Self) -> Result<()> {
    /// #         Ok(())
    /// #     }
    /// # }
    /// impl Identify for Note {
    ///     type Identity = Note;
    /// #     fn identity(&self, note: &Note) -> Note { note.clone() }
    /// #     async fn import_by_identity(&self, _: &mut Context, note: Note) -> Result<Note> {
    /// #         Ok(note)
    /// #     }
    /// }
    /// # struct Example;
    /// # impl Provider for Example {
    /// #     type Config = tfplugin::NoConfig;
    /// #     type Client = ();
    /// #     async fn configure(&self, _: &mut Context, _: Self::Config) -> Result<()> { Ok(()) }
    /// #     fn register(registry: &mut Registry<()>) {
    /// #         registry.resource::<Note>().identifiable();
    /// #     }
    /// # }
    /// Server::new(Example); // This does not compile.
    /// ```
    pub(crate) const fn check_identity(self) {
        assert!(
            !self.computed,
            "an identity cannot have a `computed` attribute: make it `required` in an import, or \
             `optional` if the provider can fill it in"
        );
        assert!(
            !self.write_only && !self.sensitive,
            "an identity cannot have a `write_only` or `sensitive` attribute, because Terraform \
             stores and shows it"
        );
        assert!(
            !self.deprecated,
            "an identity cannot have a `deprecated` attribute: raise its version and upgrade it"
        );
        assert!(
            !self.modifiers,
            "an identity cannot have `keep` or `requires_replace`, because it is not planned"
        );
    }

    /// Refuses what has no meaning in the filter of a list, which is never stored or planned.
    pub(crate) const fn check_filter(self) {
        assert!(
            !self.computed,
            "the filter of a list cannot have a `computed` attribute, because the result has none"
        );
        assert!(
            !self.write_only,
            "the filter of a list cannot have a `write_only` attribute, because nothing of it is \
             stored; remove `write_only`"
        );
        assert!(
            !self.modifiers,
            "the filter of a list cannot have `keep` or `requires_replace`, because it is not \
             planned"
        );
    }
}
