//! Writes the JavaScript around a wasm file, as `wasm-bindgen` does, for the arguments that worker-build gives.
//!
//! An argument that is not known ends the run with an error: a later worker-build that needs more must not be
//! half understood.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("wasm-bindgen: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    let (mut folder, mut name) = (None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--out-dir" => folder = Some(PathBuf::from(value()?)),
            "--out-name" => {
                let value = value()?;
                bindgen.out_name(&value);
                name = Some(value);
            }
            "--target" => {
                let target = value()?;
                if target != "module" {
                    return Err(format!("unknown target {target}"));
                }
                bindgen.module(true).map_err(|error| error.to_string())?;
            }
            "--no-typescript" => {
                bindgen.typescript(false);
            }
            "--experimental-reset-state-function" => {
                bindgen.reset_state_function(true);
            }
            "--force-enable-abort-handler" => {
                bindgen.force_enable_abort_handler(true);
            }
            _ if argument.starts_with('-') => return Err(format!("unknown argument {argument}")),
            _ => {
                bindgen.input_path(argument);
            }
        }
    }
    let folder = folder.ok_or("--out-dir is missing")?;
    let name = name.ok_or("--out-name is missing")?;
    bindgen.generate(&folder).map_err(|error| format!("{error:?}"))?;
    let file = folder.join(name).with_extension("js");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    fs::write(&file, name_modules_once(&text)).map_err(|error| format!("{}: {error}", file.display()))
}

/// Leaves each module of ours once in the object of what wasm imports. There it stands once for each function that wasm
/// takes from it as it is, of which esbuild and wrangler warn: `"./snippets/…/host.js": import2,`.
fn name_modules_once(text: &str) -> String {
    let mut named = HashSet::new();
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let key =
            line.trim_start().strip_prefix("\"./snippets/").and_then(|rest| rest.split_once("\": import"));
        if key.is_none_or(|(module, _)| named.insert(module)) {
            kept.push_str(line);
        }
    }
    kept
}
