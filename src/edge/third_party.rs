//! Asks third parties for their stylesheets, from a learner's alarm: nothing of a visitor is at hand there.

use super::{js, now};
use crate::learn::observation::SheetObservation;
use crate::learn::third_party_sheet::{self, AGENTS, Answered, MAX_BYTES, MAX_REDIRECTS, WITHIN_MS};
use web_sys::{Headers, Request, RequestInit, RequestRedirect};

/// What the sheet of this name has a browser fetch, for the pages of `site`. `None` where nobody can tell: then what was read before
/// holds on.
pub(super) async fn read(sheet: &str, site: &str) -> Option<SheetObservation> {
    let [agent, other] = AGENTS;
    let first = read_as(agent, sheet, site).await?;
    if !third_party_sheet::has_faces(&first) {
        return Some(first);
    }
    let second = read_as(other, sheet, site).await;
    Some(third_party_sheet::agree(first, second.as_ref()))
}

/// The same as one of [`AGENTS`].
async fn read_as(agent: &'static str, sheet: &str, site: &str) -> Option<SheetObservation> {
    let mut url = third_party_sheet::url(sheet, site)?;
    let until = now().saturating_add(WITHIN_MS);
    // A few thousand.
    #[allow(clippy::cast_precision_loss)]
    let left = || until.saturating_sub(now()) as f64;
    for _ in 0..=MAX_REDIRECTS {
        let headers = Headers::new().ok()?;
        let fields = third_party_sheet::fields(agent);
        fields.iter().try_for_each(|(name, value)| headers.set(name, value)).ok()?;
        let init = RequestInit::new();
        init.set_redirect(RequestRedirect::Manual);
        init.set_headers(&headers);
        let request = Request::new_with_str_and_init(url.as_str(), &init).ok()?;
        let response = js::response(&js::fetch(&request).ok()?, left()).await?;
        let field = |name: &str| response.headers().get(name).ok().flatten();
        let (kind, location) = (field("content-type"), field("location"));
        match Answered::of(response.status(), kind.as_deref(), location.as_deref(), &url) {
            Answered::Sheet { encoding } => {
                let nothing = || SheetObservation { at: now(), ..SheetObservation::default() };
                let Some(body) = response.body() else { return Some(nothing()) };
                // One byte too many tells that the text has been cut.
                let bytes = js::start(&body, MAX_BYTES + 1, left()).await.ok()?.to_vec();
                return Some(third_party_sheet::read(&url, &bytes, encoding, site, now()));
            }
            Answered::Moved(target) => {
                js::cancel(&response).await;
                url = target;
            }
            Answered::Nothing => {
                js::cancel(&response).await;
                return Some(SheetObservation { at: now(), ..SheetObservation::default() });
            }
            Answered::Unknown => {
                js::cancel(&response).await;
                return None;
            }
        }
    }
    None
}
