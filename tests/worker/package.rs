//! What `make package` makes, as somebody uses it who has Node and nothing else: the folder is served by wrangler in front of
//! a real server, and could be deployed.

use crate::support::folder::Folder;
use crate::support::origin::{After, Origin, html, write};
use crate::support::process::Program;
use crate::support::{self, http};
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

/// The package, and a `PATH` on which there is Node alone.
struct Package {
    folder: PathBuf,
    archive: PathBuf,
    path: PathBuf,
    home: PathBuf,
}

static PACKAGE: LazyLock<Package> = LazyLock::new(|| {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    let _ = std::fs::remove_dir_all(&kept);
    let run = Command::new("node")
        .arg("tools/package.mjs")
        .arg(&kept)
        .current_dir(support::root())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let name = format!("headstart-{}", env!("CARGO_PKG_VERSION"));
    let path = kept.join("path");
    std::fs::create_dir(&path).unwrap();
    let node = Command::new("node").args(["-p", "process.execPath"]).output().unwrap();
    symlink(String::from_utf8(node.stdout).unwrap().trim(), path.join("node")).unwrap();
    let folder = kept.join(&name);
    // What `npm install` would do, from no registry.
    symlink(support::root().join("node_modules"), folder.join("node_modules")).unwrap();
    Package { archive: kept.join(format!("{name}.tgz")), folder, path, home: kept }
});

impl Package {
    /// A command of wrangler's in the folder, without cargo, rustup, make, or a shell.
    fn wrangler(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path.join("node"));
        command
            .arg(support::root().join("node_modules/wrangler/bin/wrangler.js"))
            .args(arguments)
            .current_dir(folder);
        command.env_clear().env("PATH", &self.path).env("HOME", &self.home);
        command.env("WRANGLER_SEND_METRICS", "false").env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
        command
    }

    fn dry_run(&self, folder: &Path, environment: &str) -> String {
        let run = self.wrangler(folder, &["deploy", "--dry-run", "--env", environment]).output().unwrap();
        let said =
            [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(run.status.success() && !said.contains("WARNING"), "{said}");
        said
    }
}

fn text(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn it_has_all_that_it_names_and_its_checksums_are_right() {
    let Package { folder, archive, .. } = &*PACKAGE;
    for (where_, list) in [(folder.as_path(), "SHA256SUMS"), (archive.parent().unwrap(), "SHA256SUMS")] {
        let check = Command::new("sha256sum")
            .args(["--check", "--strict", list])
            .current_dir(where_)
            .output()
            .unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }
    let manifest: Value = serde_json::from_str(&text(folder, "package.json")).unwrap();
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    let wanted: Value = serde_json::from_str(&text(&support::root(), "package.json")).unwrap();
    assert_eq!(manifest["devDependencies"]["wrangler"], wanted["devDependencies"]["wrangler"]);
    let packed = Command::new("tar").arg("-tzf").arg(archive).output().unwrap();
    let packed = String::from_utf8(packed.stdout).unwrap();
    let listed = text(folder, "SHA256SUMS");
    for line in listed.lines() {
        let file = line.split_once("  ").unwrap().1;
        assert!(
            packed.lines().any(|path| path == format!("package/{file}")),
            "{file} is not packed:\n{packed}"
        );
    }
    for file in ["README.md", "docs/deploying.md", "docs/operating.md"] {
        let document = text(folder, file);
        let links =
            document.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = folder.join(file).parent().unwrap().join(link.split('#').next().unwrap());
            assert!(target.exists(), "{file} links to {link}");
        }
    }
}

#[test]
fn made_twice_it_is_the_same() {
    let again = Folder::new("package-again");
    let run = Command::new("node")
        .arg("tools/package.mjs")
        .arg(&again.0)
        .current_dir(support::root())
        .status()
        .unwrap();
    assert!(run.success());
    let sums = |folder: &Path| text(folder, "SHA256SUMS");
    assert_eq!(sums(&again.0), sums(PACKAGE.archive.parent().unwrap()));
}

#[test]
fn it_could_be_deployed_by_whoever_has_node_alone() {
    let said = PACKAGE.dry_run(&PACKAGE.folder, "");
    for binding in ["env.LEARNER", "env.LEDGER", "env.MODEL", "env.EAGERNESS (\"auto\")"] {
        assert!(said.contains(binding), "no {binding} in {said}");
    }
}

#[test]
fn installed_beside_a_configuration_of_ones_own_it_could_be_deployed_and_an_upgrade_leaves_that_alone() {
    let own = Folder::new("own");
    std::fs::create_dir_all(own.0.join("node_modules")).unwrap();
    let unpack =
        Command::new("tar").arg("-xzf").arg(&PACKAGE.archive).arg("-C").arg(&own.0).status().unwrap();
    assert!(unpack.success());
    std::fs::rename(own.0.join("package"), own.0.join("node_modules/headstart")).unwrap();
    // As docs/deploying.md has it.
    let document = text(&support::root(), "docs/deploying.md");
    let of = |start: &str| {
        let mut blocks =
            document.split("```toml\n").skip(1).filter(|block| block.trim_start().starts_with(start));
        blocks.next().expect("a configuration").split("```").next().unwrap().to_owned()
    };
    let (toml, staging) = (of("name = \"headstart\""), of("[env.staging]"));
    std::fs::write(own.0.join("wrangler.toml"), format!("{toml}\n{staging}")).unwrap();
    for (environment, variable) in
        [("", "env.UNSAFE_URLS (\"/checkout*\")"), ("staging", "env.MIN_VISITORS (\"1\")")]
    {
        let said = PACKAGE.dry_run(&own.0, environment);
        for binding in ["env.LEARNER", "env.LEDGER", "env.MODEL", variable] {
            assert!(said.contains(binding), "no {binding} in {said}");
        }
    }
}

#[test]
fn it_stands_in_front_of_a_server_where_there_is_node_alone() {
    let origin = Origin::start();
    origin.answer(|_, stream| {
        let page = "<head><link rel=stylesheet href=https://cdn.example/a.css></head><main>a page</main>";
        write(stream, &html(page));
        After::Keep
    });
    let (port, state) = (support::free_port().to_string(), Folder::new("package-state"));
    let variables = [
        format!("ORIGIN:{}", origin.url()),
        "SEAL_KEY:a key of the tests, forty characters long".to_owned(),
        "READ_STYLESHEETS:site".to_owned(),
        "MIN_VISITORS:1".to_owned(),
        "BATCH_SECONDS:0".to_owned(),
        "BATCH_VIEWS:0".to_owned(),
        "PUBLISH_SECONDS:1".to_owned(),
        "REFRESH_SECONDS:1".to_owned(),
    ];
    let mut arguments = vec!["dev", "--local", "--ip", "127.0.0.1", "--port", &port, "--inspector-port", "0"];
    arguments.extend(["--show-interactive-dev-session=false", "--persist-to", state.0.to_str().unwrap()]);
    arguments.extend(variables.iter().flat_map(|variable| ["--var", variable]));
    let command = PACKAGE.wrangler(&PACKAGE.folder, &arguments);
    // `env -i` takes away what the tests have, cargo above all.
    let mut line = vec![
        "/usr/bin/env".to_owned(),
        "-i".to_owned(),
        "-C".to_owned(),
        PACKAGE.folder.to_str().unwrap().to_owned(),
    ];
    line.extend(
        command
            .get_envs()
            .filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value?.to_str()?))),
    );
    line.push(command.get_program().to_str().unwrap().to_owned());
    line.extend(command.get_args().map(|argument| argument.to_str().unwrap().to_owned()));
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let mut wrangler = Program::start_worker(&line, &[]);
    wrangler.line("wrangler is ready", Duration::from_secs(90), |line| line.contains("Ready on"));
    let port = port.parse().unwrap();
    let page = http::get(port, "/", &[]);
    assert!(page.text().contains("a page"), "{}", page.text());
    assert_eq!(page.get("speculation-rules").as_deref(), Some("\"/_headstart/rules/site.json\""));
    assert_eq!(http::get(port, "/logout", &[("Sec-Purpose", "prefetch")]).status(), 503);
    support::eventually("hints are learned", Duration::from_secs(30), || {
        let link = http::get(port, "/", &[]).get("link")?;
        link.contains("<https://cdn.example>; rel=preconnect").then_some(())
    });
    let health = http::get(port, "/_headstart/health", &[]);
    assert_eq!(health.status(), 200, "{}", health.text());
}
