//! Whether a resource implements a capability that it may not have registered.
//!
//! A generic function cannot ask whether a type implements a trait. The standard library can:
//! `Iterator::fuse` documents that it changes nothing if the iterator is a `FusedIterator`. So a
//! probe is one when the trait is implemented, and after its end it is asked again only then.

use std::cell::Cell;
use std::iter::FusedIterator;
use std::marker::PhantomData;

use crate::resource::{
    Identify, Import, ListResource, MoveFrom, Resource, Upgrade, UpgradeIdentity,
};

/// The capabilities that a resource implements, and how to register each.
pub(super) fn capabilities<R: Resource>() -> [Capability; 6] {
    [
        Capability::new("Import", "importable", implements_import::<R>()),
        Capability::new("Upgrade", "upgradable", implements_upgrade::<R>()),
        Capability::new("MoveFrom", "movable", implements_move_from::<R>()),
        Capability::new("Identify", "identifiable", implements_identify::<R>()),
        Capability::new(
            "UpgradeIdentity",
            "identity_upgradable",
            implements_upgrade_identity::<R>(),
        ),
        Capability::new("ListResource", "listable", implements_list::<R>()),
    ]
}

/// A trait that adds a capability to a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capability {
    pub(super) name: &'static str,
    /// The method of [`Registration`](crate::Registration) that registers it.
    pub(super) method: &'static str,
    pub(super) is_implemented: bool,
}

impl Capability {
    fn new(name: &'static str, method: &'static str, is_implemented: bool) -> Self {
        Self {
            name,
            method,
            is_implemented,
        }
    }
}

macro_rules! probes {
    ($($function:ident, $probe:ident, $capability:ident;)*) => {$(
        /// An iterator that ends at once and counts how often it is asked.
        struct $probe<'c, R> {
            asked: &'c Cell<u8>,
            resource: PhantomData<R>,
        }

        impl<R> Iterator for $probe<'_, R> {
            type Item = ();

            fn next(&mut self) -> Option<()> {
                self.asked.set(self.asked.get() + 1);
                None
            }
        }

        impl<R: $capability> FusedIterator for $probe<'_, R> {}

        fn $function<R: Resource>() -> bool {
            let asked = Cell::new(0);
            let probe = $probe::<R> { asked: &asked, resource: PhantomData };
            let mut fused = probe.fuse();
            let ends = [fused.next(), fused.next()];
            ends == [None, None] && asked.get() == 2
        }
    )*};
}

probes! {
    implements_import, ImportProbe, Import;
    implements_upgrade, UpgradeProbe, Upgrade;
    implements_move_from, MoveFromProbe, MoveFrom;
    implements_identify, IdentifyProbe, Identify;
    implements_upgrade_identity, UpgradeIdentityProbe, UpgradeIdentity;
    implements_list, ListProbe, ListResource;
}
