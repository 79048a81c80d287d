//! The folders of `examples/`, and the project's own wrangler.toml, as `wrangler deploy` would take them.

use crate::support;
use std::path::Path;
use std::process::Command;

/// What wrangler says about deploying a folder, without deploying it.
fn dry_run(folder: &Path) -> String {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let run = Command::new(support::root().join("node_modules/.bin/wrangler"))
        .args(["deploy", "--dry-run", "--outdir"])
        .arg(output)
        .current_dir(folder)
        // What runs these tests may itself be make.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .env("WRANGLER_SEND_METRICS", "false")
        .output()
        .expect("wrangler runs");
    let said = [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(run.status.success(), "{}: {said}", folder.display());
    assert!(!said.contains("WARNING"), "{}: {said}", folder.display());
    said
}

#[test]
fn each_can_be_deployed_as_it_is_and_nothing_is_warned_of() {
    let examples = support::root().join("examples");
    let cases = [
        ("zone", vec!["env.ORIGIN (\"\")"]),
        ("free", vec!["env.ORIGIN (\"\")", "env.ACTIVATION_SIGNAL (\"off\")", "env.PUBLISH_SECONDS (600)"]),
        ("url", vec!["env.ORIGIN (\"https://www.example.org\")"]),
        ("service", vec!["env.ORIGIN (\"service\")", "env.ORIGIN_SERVICE (my-site)"]),
        ("assets", vec!["env.ORIGIN (\"assets\")", "env.ASSETS", "Read 2 files"]),
    ];
    // The last one is no Worker of Cloudflare's: it is run by tests/worker/selfhosted.rs.
    let mut tried = vec!["README.md".to_owned(), "selfhosted".to_owned()];
    for (name, own) in cases {
        let said = dry_run(&examples.join(name));
        for binding in own.into_iter().chain(["env.LEARNER", "env.LEDGER", "env.MODEL"]) {
            assert!(said.contains(binding), "{name}: no {binding} in {said}");
        }
        tried.push(name.to_owned());
    }
    assert!(dry_run(&examples.join("service/site")).contains("No bindings found"));
    tried.sort();
    let mut there: Vec<String> = std::fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    there.sort();
    assert_eq!(there, tried, "a folder that nothing tries");

    let said = dry_run(&support::root());
    assert!(said.contains("env.EAGERNESS (\"auto\")"), "{said}");
}
