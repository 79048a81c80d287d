//! Learns from a response after it has gone out: pages and stylesheets are read from a copy, redirects from their head. The
//! observations of an isolate go to the learners in batches ([`learners`](super::learners)).

use super::isolate_state;
use super::js::{self, Pieces};
use super::{Scope, learners, now, snapshot_cache};
use crate::fault::{Blame, Fault};
use crate::head::Head;
use crate::learn::body_reader::{BodyRead, BodyReader, Kept, Shelves};
use crate::learn::observation_buffer::Observed;
use crate::learn::readings;
use crate::learn::reports;
use crate::plan::redirect::{self, Led, Redirect};
use crate::plan::{self, ObserveMode, teaching};
use crate::visit::Visit;
use js_sys::Uint8Array;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStream;
use worker::Delay;

/// How much of a body is read at a time, in bytes: some two milliseconds of work, and of markup that was made to take long nine.
const SLICE_BYTES: u32 = 16 * 1024;

/// Reads `copy`, a page's or a stylesheet's, in `wait_until`. `served` is the number of views that it stands for.
pub(super) fn read(
    copy: ReadableStream,
    visit: &Visit,
    head: &Head,
    mode: ObserveMode,
    served: u32,
    scope: &Scope<'_>,
) {
    let reader = match mode {
        ObserveMode::Compared => Some(BodyReader::comparing(visit)),
        ObserveMode::New | ObserveMode::Known => {
            BodyReader::new(visit, head, &scope.settings.config.urls.inert_parameters)
        }
    };
    let is_compared = plan::is_compared_between_visitors(visit, head, &scope.settings.config);
    let most = usize::try_from(scope.settings.config.learning.read_bytes).unwrap_or(usize::MAX);
    let reader = reader.map(|reader| reader.reading_at_most(most));
    let reader = reader.map(|reader| if is_compared { reader.comparing_visitors() } else { reader });
    let site = visit.site();
    let here = visit.url.origin().ascii_serialization();
    let address = visit.visitor_address().map(str::to_owned);
    let cookies = visit.cookies().to_owned();
    let learns_hints = teaching::learns_hints(visit, head, &scope.settings.config);
    let (env, settings) = scope.owned();
    let is_new = mode == ObserveMode::New;
    let preloads = snapshot_cache::preloads(visit, &settings);
    scope.context.wait_until(async move {
        let (Some(reader), Some(site)) = (reader, site) else {
            // Unread, this branch would keep the other branch's bytes in memory.
            let _ = JsFuture::from(copy.cancel()).await;
            return;
        };
        let read = match read_body(&copy, reader).await {
            Ok(Some(read)) => read,
            Ok(None) => {
                let _ = JsFuture::from(copy.cancel()).await;
                return;
            }
            // The origin may have gone away. Half a page would teach that the other half is not there.
            Err(error) => {
                let fault = Fault::new(Blame::Origin, js::text(&error));
                isolate_state::log_fault(
                    &fault.during("a response could not be read to its end, so it teaches nothing"),
                );
                return;
            }
        };
        if let BodyRead::Page { findings, .. } = &read
            && let Some(told) = settings.origin.is_named_by(|origin| findings.names(origin), &here)
        {
            isolate_state::log_once("pages name the origin", &told);
        }
        let config = &settings.config;
        let (kept, visitor) = isolate_state::learning(|learning| {
            for suspect in read.suspects() {
                learning.suspects.suspect(&site, &suspect.shape, suspect.rule, now());
            }
            let visitor = learning.outbox.navigations.visitor(address.as_deref());
            let shelves = Shelves {
                site_urls: &mut learning.site_urls,
                navigations: config.learns_next_pages().then_some(&mut learning.outbox.navigations),
                learns_hints,
                visitor,
                cookies: &cookies,
            };
            (read.keep(&site, served, shelves, now()), visitor)
        });
        match kept {
            Kept::All => {}
            Kept::Page => learners::send_all_if_due(is_new, &site, &env, &settings).await,
            Kept::Observation(observation) => {
                let is_news = is_new || reports::is_renewed(&preloads, &observation.resources);
                learners::gather(&site, Observed::View(observation, visitor), is_news, &env, &settings).await;
            }
        }
    });
}

/// Whether what is answered to a request may teach others.
pub(super) fn teaches(visit: &Visit) -> bool {
    let names_another_host = visit.names_another_host();
    if names_another_host {
        say_untrusted();
    }
    !names_another_host
}

/// Says why requests teach nothing that name another host than their URL does.
fn say_untrusted() {
    isolate_state::log_once(
        "other hosts",
        "a request names another host (X-Forwarded-Host and the like); such requests teach nothing",
    );
}

/// Learns where a URL of the site leads: to another origin, or no longer.
pub(super) fn redirect(visit: &Visit, head: &Head, scope: &Scope<'_>) {
    if !scope.settings.config.hints.is_on {
        return;
    }
    let is_known = || snapshot_cache::with_known(visit, scope.settings, |_, leads_to| leads_to.is_some());
    let is_watched = || {
        let site = visit.site().unwrap_or_default();
        isolate_state::learning(|learning| {
            learning.outbox.observations.watches_redirects(&site, visit.url.path())
        })
    };
    if let Some(Led { site, to }) =
        redirect::led(visit, head, || is_watched() || is_known(), &scope.settings.config)
    {
        let address = visit.visitor_address();
        if isolate_state::teaches(&site, |navigations| navigations.visitor(address)) {
            isolate_state::learning(|learning| {
                let visitor = learning.outbox.navigations.visitor(address);
                learning.outbox.observations.add_redirect(&site, visit.url.path(), to, visitor);
            });
        }
    }
    let is_any_known = isolate_state::learning(|learning| learning.site_urls.has_redirects());
    match redirect::read(visit, head, is_any_known, &scope.settings.config) {
        None => {}
        Some(Redirect::Untrusted) => say_untrusted(),
        Some(Redirect::Leads { site, name, target, clicked_on }) => isolate_state::learning(|learning| {
            if let Some(name) = name {
                learning.site_urls.put_redirect(&site, &name, target.clone());
            }
            if let (Some(path), Some(target)) = (clicked_on, target) {
                learning.outbox.observations.add_click(&site, &path, target);
            }
        }),
    }
}

/// Reads a body, to its end or as far as it is wanted. `None` where there is no room to hold it.
///
/// The copy and the visitor's own branch come from one stream, and wasm holds the one thread of both. So what takes time is read
/// only when the copy is there as a whole, and then in slices between which everything else goes on.
async fn read_body(copy: &ReadableStream, mut reader: BodyReader) -> Result<Option<BodyRead>, JsValue> {
    let Some(most) = reader.held_bytes() else { return read_as_it_comes(copy, reader).await.map(Some) };
    let room = isolate_state::learning(|learning| learning.readings.begin(most, now()));
    let Some(room) = room else { return Ok(None) };
    // A few seconds.
    #[allow(clippy::cast_precision_loss)]
    let held = js::start(copy, most, readings::WITHIN_MS as f64).await;
    let mut left = held.inspect_err(|_| give_back(room))?;
    let mut slice = Vec::new();
    while left.length() > 0 {
        Delay::from(Duration::ZERO).await;
        let length = left.length().min(SLICE_BYTES);
        slice.resize(length as usize, 0);
        left.subarray(0, length).copy_to(&mut slice);
        if !reader.write(&slice) {
            break;
        }
        left = left.subarray(length, left.length());
    }
    give_back(room);
    Ok(Some(reader.end(now())))
}

fn give_back(room: (u64, usize)) {
    isolate_state::learning(|learning| learning.readings.end(room));
}

/// Reads a body of which nothing is held.
async fn read_as_it_comes(copy: &ReadableStream, mut reader: BodyReader) -> Result<BodyRead, JsValue> {
    let pieces = Pieces::of(copy)?;
    let mut piece = Vec::new();
    loop {
        let next = JsFuture::from(pieces.next()).await?;
        let Some(view) = next.dyn_ref::<Uint8Array>() else { break };
        piece.resize(view.length() as usize, 0);
        view.copy_to(&mut piece);
        if !reader.write(&piece) {
            pieces.cancel();
            break;
        }
    }
    Ok(reader.end(now()))
}
