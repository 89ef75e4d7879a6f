//! The committed Rust in `src/proto/` matches the definitions in `proto/`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DEFINITIONS: [&str; 4] = [
    "tfplugin6.proto",
    "plugin/grpc_broker.proto",
    "plugin/grpc_controller.proto",
    "plugin/grpc_stdio.proto",
];

/// One generated file for each protobuf package.
const GENERATED: [&str; 2] = ["tfplugin6.rs", "plugin.rs"];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the developer sets this variable to update the files"
)]
fn generated_rust_matches_the_definitions() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = package.join("src/proto");
    let fresh = tempfile::tempdir().expect("a temporary folder can be made");
    generate(&package.join("../proto"), fresh.path());

    for name in GENERATED {
        let generated = rustfmt(&fresh.path().join(name));
        let path = committed.join(name);
        if std::env::var_os("UPDATE_PROTOS").is_some() {
            std::fs::write(&path, generated).expect("the generated file can be written");
            continue;
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == generated,
            "{} does not match proto/. Update it with\n\n    \
             UPDATE_PROTOS=1 cargo test -p tfplugin protos\n\nand commit it with the change to proto/.",
            path.display()
        );
    }
}

fn generate(definitions: &Path, out: &Path) {
    let files = DEFINITIONS.map(|name| definitions.join(name));
    let descriptors = protox::compile(files, [definitions]).expect("the definitions compile");
    tonic_prost_build::configure()
        .out_dir(out)
        // A provider implements only some calls. Terraform accepts Unimplemented as a response.
        .generate_default_stubs(true)
        // Only tests need a client.
        .build_transport(false)
        .client_mod_attribute(".", "#[cfg(feature = \"testing\")]")
        // The same schema always has the same bytes.
        .btree_map(".")
        .emit_rerun_if_changed(false)
        .compile_fds(descriptors)
        .expect("Rust can be made from the definitions");
}

fn rustfmt(path: &PathBuf) -> String {
    let source = std::fs::read(path).expect("the generated file can be read");
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt can be started: it is a component in rust-toolchain.toml");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let feeder = std::thread::spawn(move || stdin.write_all(&source));
    let output = child.wait_with_output().expect("rustfmt ends");
    feeder
        .join()
        .expect("the feeder does not panic")
        .expect("rustfmt reads its input");
    assert!(
        output.status.success(),
        "rustfmt refused {}",
        path.display()
    );
    String::from_utf8(output.stdout).expect("rustfmt writes UTF-8")
}
