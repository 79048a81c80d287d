//! Hands libFuzzer one target: the one that `TARGET` names. Without it the targets are listed, one in a line, as JSON.
//!
//! An input that costs more of the processor's time than its target may is a finding as well. It is given a second chance, since what
//! is made when it is first needed would else count against whatever came first.
#![no_main]
#![allow(clippy::expect_used, clippy::panic)] // what ends the program is a finding

use headstart_fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;
use nix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::env;
use std::process;
use std::sync::LazyLock;
use std::time::Duration;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = env::var("TARGET").unwrap_or_default();
    let named = TARGETS.iter().find(|target| target.name == name);
    named.unwrap_or_else(|| {
        for Target { name, max_bytes, max_ms, .. } in TARGETS {
            println!("{}", json!({ "name": name, "max_bytes": max_bytes, "max_ms": max_ms }));
        }
        process::exit(i32::from(!name.is_empty()))
    })
});

fn time_spent() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

/// How long an input takes, in milliseconds.
fn milliseconds(input: &[u8]) -> u128 {
    let before = time_spent();
    (TARGET.run)(input);
    time_spent().saturating_sub(before).as_millis()
}

fuzz_target!(
    init: {
        LazyLock::force(&TARGET);
    },
    |input: &[u8]| {
        let most = u128::from(TARGET.max_ms);
        if milliseconds(input) > most {
            let again = milliseconds(input);
            assert!(again <= most, "{} bytes take {again} ms; a target may take {most} ms", input.len());
        }
    }
);
