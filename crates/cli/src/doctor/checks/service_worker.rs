//! Whether a service worker answers in the site's place, and what that does to what is fetched ahead. Its script is read, not run.

use super::reach::place;
use crate::doctor::finding::{Finding, Verdict};
use crate::doctor::seen::{Answer, Seen, ServiceWorker};

/// What a service worker does with requests, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It leaves them alone.
    Alone,
    /// It hands them on as they come.
    HandsOn,
    /// It makes requests of its own from them.
    Rebuilds,
    /// It may answer from a cache of its own.
    FromCache,
    /// Nobody can tell: other scripts that it brings in decide.
    Unknown,
}

/// Whether there is a service worker, and how it answers.
pub fn service_worker(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "service-worker";
    let found = seen.service_workers.iter().filter_map(|worker| Some((worker, script(worker)?)));
    let Some((worker, answer)) = found.max_by_key(|(worker, _)| worker.is_registered) else {
        return vec![Finding::ok(ID, "No service worker was found.")];
    };
    let here = place(&worker.url);
    let subject = if worker.is_registered {
        format!("The pages register a service worker ({here})")
    } else {
        format!("There may be a service worker ({here}; nothing that was read registers it)")
    };
    let (verdict, says, advice) = match manner(&answer.text()) {
        Manner::Alone => return vec![Finding::ok(ID, format!("{subject}; it leaves requests alone."))],
        Manner::HandsOn => (
            Verdict::Note,
            format!(
                "{subject}, which hands requests on as they come: Headstart knows such requests, also those for rules."
            ),
            "Nothing to do. With navigation preload, pages need not wait until it has started.",
        ),
        Manner::Rebuilds => (
            Verdict::Warning,
            format!(
                "{subject}, which makes requests of its own: if it does so for pages, they bear no mark of a speculation, get neither rules nor hints, and cookies are set at once."
            ),
            "Answer navigations with fetch(event.request), as it is, or not at all: if (event.request.mode === 'navigate') return;",
        ),
        Manner::FromCache => (
            Verdict::Warning,
            format!(
                "{subject}, which answers from a cache of its own: a page from there has the rules and hints of the day on which it was kept, and Headstart does not see the view."
            ),
            "Ask the network first for navigations (event.request.mode === 'navigate'), and match kept pages with ignoreVary: what is fetched ahead varies by Sec-Purpose.",
        ),
        Manner::Unknown => (
            Verdict::Unknown,
            format!("{subject}; how it answers cannot be told, since it brings in other scripts."),
            "See docs/safe-speculation.md, Service workers: navigations are to be handed on as they come.",
        ),
    };
    // What nothing registers may be left over from another day.
    let verdict = if worker.is_registered { verdict } else { verdict.max(Verdict::Note) };
    vec![Finding::new(ID, verdict, says).advise(advice)]
}

/// The script of a service worker, if that is what is there.
fn script(worker: &ServiceWorker) -> Option<&Answer> {
    let answer = worker.asked.as_ref().ok()?;
    let is_script = answer
        .fields
        .media_type()
        .is_some_and(|kind| kind.ends_with("javascript") || kind.ends_with("ecmascript"));
    let is_there = answer.status == 200 && is_script;
    let text = String::from_utf8_lossy(&answer.body);
    let is_one = worker.is_registered
        || answer.fields.get("service-worker-allowed").is_some()
        || ["addEventListener", "importScripts", "onfetch", "oninstall"]
            .iter()
            .any(|word| text.contains(word));
    (is_there && is_one).then_some(answer)
}

fn manner(text: &str) -> Manner {
    let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let text = text.replace(['"', '`'], "'");
    let has_handler = text.contains("addEventListener('fetch'") || text.contains("onfetch=");
    if !has_handler {
        return if text.contains("importScripts(") { Manner::Unknown } else { Manner::Alone };
    }
    let arguments = |call: &str| -> Vec<String> {
        let found = text.match_indices(call);
        let rest = found.filter_map(|(at, _)| text.get(at + call.len()..));
        rest.map(|rest| rest.split([',', ')']).next().unwrap_or_default().to_owned()).collect()
    };
    let is_rebuilt = arguments("fetch(")
        .iter()
        .any(|argument| argument.ends_with("request.url") || argument.starts_with("newRequest("))
        || arguments("newRequest(").iter().any(|argument| argument.contains("request"));
    if is_rebuilt {
        Manner::Rebuilds
    } else if text.contains("caches.match(") || text.contains(".match(") && text.contains("caches.open(") {
        Manner::FromCache
    } else if !text.contains("respondWith(") {
        Manner::Alone
    } else {
        Manner::HandsOn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_service_worker_answers_is_told_by_its_text() {
        let handler = |inner: &str| format!("self.addEventListener( \"fetch\", (event) => {{ {inner} }});");
        for (text, expected) in [
            ("self.addEventListener('push', show)".to_owned(), Manner::Alone),
            ("importScripts('https://cdn.example/push.js')".to_owned(), Manner::Unknown),
            (handler("log(event.request.url)"), Manner::Alone),
            (handler("event.respondWith(fetch(event.request))"), Manner::HandsOn),
            (
                handler(
                    "event.respondWith((async () => (await event.preloadResponse) || fetch(event.request))())",
                ),
                Manner::HandsOn,
            ),
            (handler("event.respondWith(fetch( event.request.url, { headers }))"), Manner::Rebuilds),
            (handler("event.respondWith(fetch(new Request(event.request, { headers })))"), Manner::Rebuilds),
            (
                handler(
                    "event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)))",
                ),
                Manner::FromCache,
            ),
            (
                handler("const c = await caches.open('v1'); event.respondWith(c.match(event.request))"),
                Manner::FromCache,
            ),
            ("self.onfetch = (e) => e.respondWith(fetch(e.request))".to_owned(), Manner::HandsOn),
        ] {
            assert_eq!(manner(&text), expected, "{text}");
        }
    }
}
