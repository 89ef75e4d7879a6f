//! The one integration binary of this package: a file in this folder is a module here.
//!
//! The attribute tells clippy that helpers in these files, too, may fail a test.

#[cfg(test)]
mod test_protos;
#[cfg(test)]
mod test_runner;
