//! The learner: a Durable Object that gathers what isolates observe and publishes what follows from it.
//!
//! # Why it exists
//!
//! An isolate sees a few of a site's views and dies at any time. What a page needs, and where visitors go from it, shows only
//! when the observations of all isolates come together, and must outlive them. What follows is published as one value in KV,
//! which every isolate reads; no visitor ever waits for a learner.
//!
//! One class has three parts, by the object's name. What they do is written in the modules named here; this file says where
//! their records lie, and when they act.
//!
//! - `site/shard`, of which a site has `LEARNER_SHARDS`: learns the hints of its pages ([`crate::learn::learner`]).
//! - `site/next`, one for each site: learns the next pages ([`crate::learn::next::next_page_learner`]).
//! - `salt`, one for all: keeps the key by which visitors are told apart for a day, where no visitors are kept
//!   ([`crate::learn::next::visitor`]).
//!
//! # What it stores
//!
//! Records in SQLite ([`sqlite_store`](super::sqlite_store)), and one value in KV under the object's own name:
//!
//! | kind | key | value | of |
//! |---|---|---|---|
//! | `Page` | path, or a hash of one that few know | what was observed of a page | `site/shard` |
//! | `Sheet` | a hash of its path and query | what a stylesheet loads | `site/shard` |
//! | `ThirdPartySheet` | URL | what a third party's stylesheet loads that several visitors were shown | `site/shard` |
//! | `Redirect` | path, or a hash of one that few know | the other origin to which it leads, or a hash of one that few know | `site/shard` |
//! | `Vitals` | template, or path | how fast the pages of a route were | `site/shard` |
//! | `Fact` | `key`, `published`, `asked`, `asked-at`, `listed`, `shown`, `shown-sheets` | its name, the hashes of what was published last and when that was for the sake of who is asked, which pages it listed, and how many visitors were shown each origin and each third party's stylesheet, or a hash of one that few were | `site/shard` |
//! | `Fact` | `reading` | which third parties' stylesheets are read, and which were asked for within 24 hours | `site/shard` |
//! | `Next` | path, or a hash of one that few know | what follows a page | `site/next` |
//! | `Route` | template | what follows the pages of a route | `site/next` |
//! | `Suspect` | path and names of parameters | what links say of a page, and who was given it | `site/next` |
//! | `Fact` | `name`, `site`, `robots`, `guide`, `published` | the site, what was learned of it as a whole, what robots.txt says to everybody, what was published last, and hashes of what was chosen last | `site/next` |
//! | `Tally` | day | what was counted for the report on a day | `site/shard`, `site/next` |
//! | `Fact` | `published-at` | when something was published last | `site/shard`, `site/next` |
//! | `Fact` | `erased` | when something was erased last, and under which key it may have been published, for a minute ([`erased`]) | `site/shard`, `site/next` |
//! | `Fact` | `salt` | the key of the day; the one of the day before is overwritten | `salt` |
//! | `Fact` | `imported`, `import-begun`, `import-sought`, `import-untold` | a hash of what was [imported](crate::learn::import) last, and of what was begun, with how often, when it was last looked for that, and since when KV could not tell | `site/shard`, `site/next` |
//!
//! Each of them has a life: what was not seen for four weeks is removed when the alarm rings, which it does once a day as long as
//! anything is left, and once more; then everything is removed, and what was published as well ([`ending`]). What lies under a hash
//! and what is not told ([`names`](crate::learn::names)) is in no other place.
//!
//! A next-page learner holds its records in memory, of which an isolate has 128 MB for all its objects: they are bounded in bytes,
//! together with those of the others there ([`loaded_learners`](crate::learn::next::loaded_learners)), and where more is stored, or
//! what cannot be read, it begins anew and says so in the log. What it holds may leave whenever something else is waited for, and is
//! read again: so nothing counts on it across an `await`, and each use ends with writing what has changed.
//!
//! # Calls
//!
//! `POST`; the body is JSON.
//!
//! | path | body | answer |
//! |---|---|---|
//! | `/observations` | [`Batch`] | 204 when it is stored, or 429 when it is not since too many come, or since it is [not known yet](import_search) whether something was imported; perhaps with [when to come again](turns) |
//! | `/travels` | [`NavigationBatch`] | the same |
//! | `/sheet` | [`WantedSheet`] | 200 with what it has a browser fetch, or with `null` where that is not known |
//! | `/erase` | [`Erasure`] | 204 when it is forgotten, and what follows is published |
//! | `/figures` | none | 200 with the [`Figures`](figures::Figures) for the report |
//! | `/salt` | none | 200 with the [`Salt`] |
//! | what is none of these | | 400; 413 when it is larger than 4 MiB |
//!
//! # Why it happens inside
//!
//! A batch is merged in one transaction, without an `await` between its statements: it counts as a whole or, where a statement fails,
//! not at all, and two isolates that send at once lose nothing. The alarm reads and marks all pages in the same way; only then does
//! it write to KV, `PUBLISH_SECONDS` after the first batch. It may run twice: the same pages give the same bytes.
//!
//! While it waits for KV, other messages come in, and one of them may be an erasure. Then what was written is not taken for published:
//! what is left is published again. And so it is a minute after each erasure, since what nobody waits for any more may still be written.

use super::isolate_state::{self, Settings};
use super::sqlite_store::SqliteStore;
use super::{js, learners, model, now, third_party};
use crate::alarm;
use crate::fault::{Blame, Fault};
use crate::learn::ending;
use crate::learn::erased;
use crate::learn::figures;
use crate::learn::forgotten_origin;
use crate::learn::import;
use crate::learn::import_search::{self, ImportSearch, Step};
use crate::learn::learner::{self, Publication};
use crate::learn::message::{self, Erasure, Message, WantedSheet};
use crate::learn::next::loaded_learners::{LoadedLearners, Place};
use crate::learn::next::navigation_batch::NavigationBatch;
use crate::learn::next::next_page_learner::{self, NextPageLearner};
use crate::learn::next::visitor::{self, DAY_MS, Salt, day_of};
use crate::learn::observation::Batch;
use crate::learn::reading_list;
use crate::learn::sending::Sending;
use crate::learn::tallies;
use crate::learn::turns::{self, Turns};
use crate::store::{Kind, Store};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The number of the learner of a site that asks third parties.
const FIRST: u32 = 0;

thread_local! {
    /// The next-page learners that the objects of this isolate hold.
    static LOADED: RefCell<LoadedLearners<NextPageLearner>> = RefCell::default();
}

/// See the module's description.
#[durable_object(alarm)]
pub struct Learner {
    state: State,
    env: Env,
    settings: Rc<Settings>,
    records: SqliteStore,
    /// The next-page learner, once it was needed. Reading all its records for each batch would cost more than the batch does.
    next_pages: Place<NextPageLearner>,
    /// What it does about an import.
    import_search: RefCell<ImportSearch>,
    /// When isolates may send the next batch.
    turns: RefCell<Turns>,
    /// How often it was told to forget something. What was chosen or read before the last time may name that.
    erasures: Cell<u32>,
}

impl DurableObject for Learner {
    fn new(state: State, env: Env) -> Self {
        let settings = isolate_state::settings(&env);
        Self {
            records: SqliteStore::new(&state),
            state,
            env,
            settings,
            next_pages: Place::default(),
            import_search: RefCell::default(),
            turns: RefCell::default(),
            erasures: Cell::new(0),
        }
    }

    /// Takes one message in, or gives the day's key.
    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        if path == message::SALT {
            return Response::from_json(&self.salt()?);
        }
        if path == message::FIGURES {
            return Response::from_json(&figures::of(&self.records, now())?);
        }
        match message::read(&path, &request.text().await?) {
            Ok(Message::Observations(batch)) => {
                self.take_in(&batch, batch.records(), || self.merge(&batch)).await
            }
            Ok(Message::Navigations(batch)) => {
                self.take_in(&batch, batch.records(), || self.merge_navigations(&batch)).await
            }
            Ok(Message::Erasure(erasure)) => self.erase(&erasure).await,
            Ok(Message::Sheet(wanted)) => self.sheet(&wanted).await,
            Err(rejection) => Response::error(rejection.message, rejection.status),
        }
    }

    /// Publishes. Where that fails, it rings again: the platform would ring six times more, within two minutes, and then never, and what
    /// is stored would outlive its time.
    async fn alarm(&self) -> Result<Response> {
        if let Err(error) = self.ring().await {
            isolate_state::log_failed(error, "what was learned could not be published, and is tried again");
            self.wake_in(alarm::retry_ms(self.settings.config.learning.publish_seconds)).await?;
        }
        Response::empty()
    }
}

impl Learner {
    /// Takes a batch of so many records in by `merge`, if there is room for it, and sees to it that what was learned of it is published.
    async fn take_in(
        &self,
        batch: &impl Sending,
        records: usize,
        merge: impl FnOnce() -> Result<()>,
    ) -> Result<Response> {
        let mut turn = self.turns.borrow_mut().next(records, now());
        let step = if turn.is_taken { self.seek_import(&batch.learner()).await? } else { Step::Refuse };
        if turn.is_taken && step == Step::Refuse {
            self.turns.borrow_mut().give_back(records);
            turn.is_taken = false;
        }
        if turn.is_taken {
            merge()?;
            if step == Step::Look {
                self.note_search();
            }
            self.wake_after(self.publish_ms()).await;
        }
        let response = Response::empty()?.with_status(if turn.is_taken { 204 } else { turns::TOO_MANY });
        if turn.wait_ms > 0 {
            response.headers().set(turns::FIELD, &turn.wait_ms.to_string())?;
        }
        Ok(response)
    }

    /// Does what the alarm is for.
    async fn ring(&self) -> std::result::Result<(), Fault> {
        self.publish().await?;
        // Last: what is published waits for nobody else's server.
        Ok(self.read_sheets().await?)
    }

    /// Publishes what has changed, and sets the alarm for when something has to be forgotten. Where nothing is left, it removes all.
    async fn publish(&self) -> std::result::Result<(), Fault> {
        let preferences = &self.settings.config.hints.preferences;
        let mut records = self.records();
        let erasures = self.erasures.get();
        let is_anew = erased::wait_ms(&records, now())? == Some(0);
        if is_anew {
            self.take_back().await?;
        }
        if let Some(publication) = learner::choose(&mut records, preferences, now())? {
            self.write(&publication).await?;
            if self.has_erased_since(erasures) {
                return self.publish_again().await;
            }
            learner::published(&mut records, &publication.value)?;
            figures::published(&mut records, now())?;
        }
        let (publication, wait_ms) = self.choose_next_pages()?;
        if let Some(publication) = publication {
            if let Err(error) = self.write(&publication).await {
                if let Some(next_pages) = self.next_pages.borrow_mut().as_mut() {
                    next_pages.was_not_published();
                }
                return Err(error);
            }
            if self.has_erased_since(erasures) {
                return self.publish_again().await;
            }
            next_page_learner::published(&mut records, &publication.value)?;
            figures::published(&mut records, now())?;
        }
        if is_anew && !self.has_erased_since(erasures) {
            erased::done(&mut records)?;
        }
        let waits = [learner::wait_ms(&records)?, wait_ms];
        let is_empty = waits.iter().all(Option::is_none);
        if ending::is_over(&mut records, is_empty, now())? {
            return self.end().await;
        }
        let others = [is_empty.then_some(DAY_MS), erased::wait_ms(&records, now())?];
        for wait_ms in waits.into_iter().chain(others).flatten() {
            self.wake_in(wait_ms).await?;
        }
        Ok(())
    }

    /// Has what is left published again soon: what has been written was chosen before an erasure.
    async fn publish_again(&self) -> std::result::Result<(), Fault> {
        self.take_back().await?;
        Ok(self.wake_in(alarm::LEAST_RETRY_MS).await?)
    }

    /// Takes back that anything was published: what is left is published next time, though it be no news. Where all was forgotten,
    /// what stands there is removed.
    async fn take_back(&self) -> std::result::Result<(), Fault> {
        let mut records = self.records();
        if let Some(key) = erased::forgotten(&records)? {
            return model::remove(&key, &self.env).await;
        }
        learner::was_not_published(&mut records)?;
        if let Some(next_pages) = self.next_pages.borrow_mut().as_mut() {
            next_pages.was_not_published();
        }
        Ok(())
    }

    /// Whether anything was erased since there were so many erasures.
    fn has_erased_since(&self, erasures: u32) -> bool {
        self.erasures.get() != erasures
    }

    /// Removes what is published and stored of a site of which nothing is known any more.
    async fn end(&self) -> std::result::Result<(), Fault> {
        let mut records = self.records();
        if let Some(key) = erased::key(&records)? {
            model::remove(&key, &self.env).await?;
        }
        // Something may have come in meanwhile.
        let next_pages_are_empty =
            !self.has_next_pages()? || self.with_next_pages(|next_pages| next_pages.is_empty())?;
        let is_empty = next_pages_are_empty && learner::wait_ms(&records)?.is_none();
        if ending::is_over(&mut records, is_empty, now())? {
            ending::end(&mut records)?;
            self.remove_all().await?;
        }
        Ok(())
    }

    /// Takes up what was imported for it, if it is time to look for that, and answers what to do with the batch that brings it about:
    /// [`Step::Look`] is to take it in, and to note that it was looked.
    async fn seek_import(&self, name: &str) -> Result<Step> {
        let mut records = self.records();
        if self.has_just_erased()? {
            return Ok(Step::TakeIn);
        }
        let (knows, sought) = (import_search::knows(&records)?, import_search::sought(&records)?);
        let step = self.import_search.borrow_mut().next(knows, sought, now());
        if step != Step::Look {
            return Ok(step);
        }
        let is_told = self.take_import(name).await;
        self.import_search.borrow_mut().ended();
        if import_search::may_take_in(&mut records, is_told, now())? {
            return Ok(step);
        }
        // Some day what that has noted is forgotten.
        self.wake_after(DAY_MS).await;
        Ok(Step::Refuse)
    }

    /// Notes that it was looked for an import. The batch is stored, whatever becomes of that.
    fn note_search(&self) {
        if let Err(error) = import_search::note(&mut self.records(), now()) {
            isolate_state::log_failed(error, "it could not be noted that an import was looked for");
        }
    }

    /// Takes up what was imported for the learner of this name. Answers whether it is known now that there is nothing else.
    async fn take_import(&self, name: &str) -> bool {
        let taken = self.try_to_take_import(name).await;
        taken
            .map_err(|fault| isolate_state::log_failed(fault, "what was imported could not be taken up"))
            .is_ok()
    }

    /// Whether something was erased within a minute, so that KV may still give what was removed with it.
    fn has_just_erased(&self) -> Result<bool> {
        Ok(erased::wait_ms(&self.records, now())?.is_some_and(|wait_ms| wait_ms > 0))
    }

    async fn try_to_take_import(&self, name: &str) -> std::result::Result<(), Fault> {
        if self.has_just_erased()? && erased::forgotten(&self.records)?.is_some() {
            return Ok(());
        }
        let (key, erasures) = (import::name(name), self.erasures.get());
        let read = model::read(&key, import::MAX_BYTES, &self.env).await;
        if self.has_erased_since(erasures) {
            return Ok(());
        }
        let outcome = match read {
            Ok(None) => return Ok(()),
            Ok(Some(value)) => {
                // What is taken up is published, and some day forgotten, though no batch should ever come.
                self.wake_in(self.publish_ms()).await?;
                let Some(outcome) = self.take_import_up(&value, erasures).await? else { return Ok(()) };
                outcome
            }
            Err(Fault { blame: Blame::Headstart, message, .. }) => import::Outcome::Unreadable(message),
            Err(fault) => return Err(fault),
        };
        match outcome {
            import::Outcome::Taken(_) => *self.next_pages.borrow_mut() = None,
            import::Outcome::Known => {}
            import::Outcome::Unreadable(why) => isolate_state::log_once(
                "an import",
                &format!(
                    "an import is not taken up, of {name}: {why}; have this version's headstart learn make it anew"
                ),
            ),
        }
        model::remove(&key, &self.env).await
    }

    /// Takes a value up that was imported, unless something is erased meanwhile. That it is tried is written down before.
    async fn take_import_up(&self, value: &str, erasures: u32) -> Result<Option<import::Outcome>> {
        if let Some(outcome) = import::begin(&mut self.records(), value)? {
            return Ok(Some(outcome));
        }
        // Should the platform end the object in the middle of it, the attempt stays noted.
        self.state.storage().sync().await?;
        if self.has_erased_since(erasures) {
            return Ok(None);
        }
        self.records.together(|| import::take_up(&mut self.records(), value, day_of(now()))).map(Some)
    }

    async fn write(&self, Publication { key, value }: &Publication) -> std::result::Result<(), Fault> {
        model::write(key, value, &self.env).await
    }

    /// Forgets all that was learned, and removes everything that is stored, but for the key under which it may have been published.
    async fn forget_all(&self) -> Result<()> {
        *self.next_pages.borrow_mut() = None;
        if self.records.together(|| erased::forget_all(&mut self.records(), now()))? {
            return Ok(());
        }
        self.remove_all().await
    }

    /// Removes everything that is stored.
    async fn remove_all(&self) -> Result<()> {
        *self.next_pages.borrow_mut() = None;
        self.state.storage().delete_alarm().await?;
        self.records.remove_all(&self.state).await
    }

    /// In how many milliseconds what has come in is published.
    fn publish_ms(&self) -> u64 {
        u64::from(self.settings.config.learning.publish_seconds) * 1000
    }

    /// Sets the alarm, unless it is to ring earlier.
    async fn wake_in(&self, milliseconds: u64) -> Result<()> {
        let storage = self.state.storage();
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        if let Some(wait) = alarm::earlier(storage.get_alarm().await?, now(), milliseconds) {
            storage.set_alarm(wait).await?;
        }
        Ok(())
    }

    /// The same once something is stored. That holds, whatever becomes of the alarm: so whoever has sent it is not told that it does not.
    /// The next batch sets the alarm.
    async fn wake_after(&self, milliseconds: u64) {
        if let Err(error) = self.wake_in(milliseconds).await {
            isolate_state::log_failed(
                error,
                "the alarm of a learner could not be set, and is set with the next batch",
            );
        }
    }

    /// Reads third parties' stylesheets that are due, and has what they tell published. Of the learners of a site the first one asks
    /// third parties, and the others ask that one.
    async fn read_sheets(&self) -> Result<()> {
        let Some((site, shard)) = learner::name(&self.records)? else { return Ok(()) };
        let due = reading_list::take_due(&mut self.records(), now())?;
        if due.is_empty() {
            return Ok(());
        }
        let erasures = self.erasures.get();
        for name in due {
            let read = if shard == FIRST {
                third_party::read(&name, &site).await
            } else {
                learners::sheet(&WantedSheet { site: site.clone(), name: name.clone() }, &self.env).await
            };
            match read {
                // The page that names it may be erased. If it still is to be read, it is in a while.
                _ if self.has_erased_since(erasures) => {
                    reading_list::ask_again(&mut self.records(), &name, now())?;
                }
                Some(sheet) => reading_list::was_read(&mut self.records(), &name, &sheet, now())?,
                None if shard == FIRST => {}
                None => reading_list::ask_again(&mut self.records(), &name, now())?,
            }
        }
        self.wake_in(self.publish_ms()).await
    }

    /// What a third party's stylesheet has a browser fetch, for another learner of the site: as it was read last, or now.
    async fn sheet(&self, WantedSheet { site, name }: &WantedSheet) -> Result<Response> {
        let reads = self.settings.config.hints.preferences.reads_third_parties;
        if reads && reading_list::take(&mut self.records(), name, now())? {
            let erasures = self.erasures.get();
            let read = third_party::read(name, site).await;
            if let Some(sheet) = read.filter(|_| !self.has_erased_since(erasures)) {
                reading_list::was_read(&mut self.records(), name, &sheet, now())?;
            }
            // Some day it is forgotten.
            self.wake_after(DAY_MS).await;
        }
        Response::from_json(&reading_list::latest(&self.records, name)?)
    }

    /// Forgets a page or an origin, and publishes what is left; or forgets all.
    async fn erase(&self, erasure: &Erasure) -> Result<Response> {
        let is_part = erasure.origin.is_some() || erasure.path.is_some();
        // What waits to be taken up may name it, and would bring it back.
        let import = import::name(&erasure.learner);
        let mut removed = None;
        if is_part {
            self.try_to_take_import(&erasure.learner).await?;
        } else if model::is_ours(&import, &self.env).await? {
            model::remove(&import, &self.env).await?;
            removed = Some(erasure.learner.as_str());
        }
        let has_hints = learner::key(&self.records)?.is_some();
        if !is_part || (!has_hints && !self.has_next_pages()?) {
            self.note_erasure(removed).await?;
            self.forget_all().await?;
            // Of many names nobody has ever called any. What stands under one all the same nobody would publish anew.
            let key = &erasure.learner;
            if is_part && model::is_ours(key, &self.env).await? {
                model::remove(key, &self.env).await?;
            }
        } else if let Some(origin) = &erasure.origin {
            // Next pages are of the site itself.
            if has_hints {
                self.note_erasure(None).await?;
                forgotten_origin::forget(&mut self.records(), origin)?;
                self.publish().await?;
            }
        } else if let Some(path) = &erasure.path {
            self.note_erasure(None).await?;
            learner::forget(&mut self.records(), path, &erasure.names)?;
            if self.has_next_pages()? {
                self.with_next_pages(|next_pages| next_pages.forget(path, &erasure.names))?;
            }
            self.publish().await?;
        }
        Ok(Response::empty()?.with_status(204))
    }

    /// Notes that something is forgotten now, under the key `otherwise` where it was taught nothing, and sets the alarm for what that
    /// leaves to be done, should anything fail on the way.
    async fn note_erasure(&self, otherwise: Option<&str>) -> Result<()> {
        if otherwise.is_some() || erased::key(&self.records)?.is_some() {
            self.wake_in(erased::UNDER_WAY_MS).await?;
        }
        // From here to where it is forgotten nothing is waited for, so that nothing is chosen in between.
        self.erasures.set(self.erasures.get().wrapping_add(1));
        erased::note(&mut self.records(), otherwise, now())
    }

    /// Whether this is a next-page learner that has learned anything.
    fn has_next_pages(&self) -> Result<bool> {
        Ok(self.next_pages.borrow().is_some() || self.records().get(Kind::Fact, "site")?.is_some())
    }

    fn merge(&self, batch: &Batch) -> Result<()> {
        self.records.together(|| {
            learner::merge(&mut self.records(), batch, &self.settings.config.hints.preferences, now())?;
            tallies::merge(&mut self.records(), &batch.tally, now())
        })
    }

    /// Uses the next-page learner, which is read from the records first if it is not there yet, and writes what has changed.
    fn with_next_pages<T>(&self, usage: impl FnOnce(&mut NextPageLearner) -> T) -> Result<T> {
        let mut records = self.records();
        if self.next_pages.borrow().is_none() {
            self.make_room(next_page_learner::bytes(&records)?);
        }
        let mut next_pages = self.next_pages.borrow_mut();
        let loaded = match next_pages.take() {
            Some(loaded) => loaded,
            None => NextPageLearner::load(&mut records)?,
        };
        let learner = next_pages.insert(loaded);
        if let Some(message) = learner.take_begun_anew() {
            isolate_state::log_once("begun anew", &message);
        }
        let used = usage(learner);
        if let Err(error) = learner.save(&mut records) {
            // What was not written would be missing later: what is stored is what counts.
            *next_pages = None;
            return Err(error);
        }
        let bytes = learner.bytes();
        drop(next_pages);
        self.make_room(bytes);
        Ok(used)
    }

    /// Has learners of other objects leave the isolate's memory where there is no room for this one, whose records have so many bytes.
    fn make_room(&self, bytes: usize) {
        LOADED.with_borrow_mut(|loaded| loaded.used(&self.next_pages, bytes));
    }

    fn merge_navigations(&self, batch: &NavigationBatch) -> Result<()> {
        let merged = self.records.together(|| {
            self.with_next_pages(|next_pages| next_pages.merge(batch, now()))?;
            tallies::merge(&mut self.records(), &batch.tally, now())
        });
        if merged.is_err() {
            *self.next_pages.borrow_mut() = None;
        }
        merged
    }

    /// Chooses next pages, if this is a next-page learner. Answers what to publish, and in how many milliseconds to choose
    /// again.
    fn choose_next_pages(&self) -> Result<(Option<Publication>, Option<u64>)> {
        if !self.has_next_pages()? {
            return Ok((None, None));
        }
        let preferences = self.settings.config.next_page_preferences();
        self.with_next_pages(|next_pages| {
            let publication = next_pages.choose(&preferences, now());
            for message in next_pages.told_harmful(preferences.min_visitors, now()) {
                isolate_state::log_once("harmful pages", &message);
            }
            if let Some(message) = next_pages.told_private(preferences.min_visitors, now()) {
                isolate_state::log_once("private pages", &message);
            }
            (publication, next_pages.wait_ms(&preferences))
        })
    }

    /// The key of today.
    fn salt(&self) -> Result<Salt> {
        let random = u128::from_str_radix(&js::random_uuid().replace('-', ""), 16)
            .map_err(|error| worker::Error::RustError(format!("no random number: {error}")))?;
        visitor::salt(&mut self.records(), random, now())
    }

    /// A handle on the records, to write with.
    fn records(&self) -> SqliteStore {
        self.records.clone()
    }
}
