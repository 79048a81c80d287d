//! Reads the site's `robots.txt` from the origin: what it says to everybody, and no more of it than counts.

use super::isolate_state::{self, Settings};
use super::{js, now, origin};
use crate::urls::robots::{self, Answered, MAX_BYTES, MAX_REDIRECTS};
use url::Url;
use web_sys::{Request, RequestInit, RequestRedirect};
use worker::Env;

/// How long reading it may take in all, in milliseconds: what was observed waits for it.
const WITHIN_MS: u64 = 5_000;

/// What the robots.txt of the site of this URL says to everybody. `None` where nobody can tell: then the site's learner goes by
/// what it said last, and names no page where it never was read.
pub(super) async fn read(url: &str, env: &Env, settings: &Settings) -> Option<String> {
    let file = Url::parse(url).and_then(|url| url.join("/robots.txt")).ok()?;
    let read = follow(file.clone(), env, settings).await;
    if read.is_none() {
        isolate_state::log_once(
            "robots.txt",
            &format!(
                "robots.txt cannot be read at {file} (an answer other than 200 and 4xx, a redirect to another site, more than {MAX_REDIRECTS} of \
             them, or none in time), so that no next pages are named before it could be read once"
            ),
        );
    }
    read
}

/// Asks for it, and follows redirects.
async fn follow(mut file: Url, env: &Env, settings: &Settings) -> Option<String> {
    let until = now().saturating_add(WITHIN_MS);
    // A few thousand.
    #[allow(clippy::cast_precision_loss)]
    let left = || until.saturating_sub(now()) as f64;
    for _ in 0..=MAX_REDIRECTS {
        let init = RequestInit::new();
        init.set_redirect(RequestRedirect::Manual);
        let request = Request::new_with_str_and_init(file.as_str(), &init).ok()?;
        let asked = origin::ask(&request, &settings.origin, None, env).ok()?;
        let response = js::response(&asked, left()).await?;
        let location = response.headers().get("location").ok().flatten();
        match Answered::of(response.status(), location.as_deref(), &file) {
            Answered::File => {
                let Some(body) = response.body() else { return Some(String::new()) };
                // One byte too many tells that the text has been cut.
                let text = js::start(&body, MAX_BYTES + 1, left()).await.ok()?;
                return Some(robots::for_everybody(&text.to_vec()));
            }
            Answered::Moved(target) => {
                js::cancel(&response).await;
                file = target;
            }
            Answered::Nothing => {
                js::cancel(&response).await;
                return Some(String::new());
            }
            Answered::Unknown => {
                js::cancel(&response).await;
                return None;
            }
        }
    }
    None
}
