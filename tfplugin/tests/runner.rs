//! The one integration binary of this package: a file in this folder is a module here.

mod test_protos;
mod test_runner;
