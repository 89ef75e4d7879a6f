//! Function pointers to the identity of a resource.

use super::{BoxFuture, decode};
use crate::context::Context;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::resource::{Identify, StoredState, UpgradeIdentity};
use crate::schema::{LazySchema, PreparedSchema};

pub(crate) type IdentityFn<C> = fn(C, Dynamic) -> Result<Dynamic>;
pub(crate) type ImportIdentityFn<C> =
    for<'a> fn(C, &'a mut Context, Dynamic) -> BoxFuture<'a, Dynamic>;
pub(crate) type UpgradeIdentityFn = fn(&mut Context, StoredState) -> Result<Dynamic>;

/// The identity of a resource. The upgrade is an optional capability.
pub(crate) struct IdentityCalls<C> {
    pub(crate) schema: LazySchema,
    pub(crate) version: i64,
    pub(crate) is_mutable: bool,
    /// The identity of an object.
    pub(crate) of: IdentityFn<C>,
    pub(crate) import: ImportIdentityFn<C>,
    pub(crate) upgrade: Option<UpgradeIdentityFn>,
}

impl<C: Send + Sync + 'static> IdentityCalls<C> {
    pub(crate) fn new<R: Identify<Client = C>>() -> Self {
        Self {
            schema: PreparedSchema::lazy::<R::Identity>(R::Identity::VERSION),
            version: R::Identity::VERSION,
            is_mutable: R::MUTABLE,
            of: |client, object| Ok(R::new(client).identity(&decode(object)?).encode()),
            import: |client, context, identity| {
                Box::pin(async move {
                    let identity = decode(identity)?;
                    let resource = R::new(client);
                    let imported = resource.import_by_identity(context, identity).await?;
                    Ok(imported.encode())
                })
            },
            upgrade: None,
        }
    }
}

pub(crate) fn upgrade_identity<R: UpgradeIdentity>() -> UpgradeIdentityFn {
    |context, stored| R::upgrade_identity(context, stored).map(Model::encode)
}
