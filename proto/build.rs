//! Compiles the .proto files with protox, so that a fresh machine needs no protoc.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let files = ["epmesh/v1/agent.proto", "epmesh/v1/facts.proto", "epmesh/v1/query.proto"];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files, ["."])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
