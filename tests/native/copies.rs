//! How much memory an isolate's copies of published values take: what is counted of each is no less than that.

use headstart::config::Config;
use headstart::plan::rules_delivery;
use headstart::plan::snapshots::{SiteNextPages, bytes_of};
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::published::next_page_snapshot::{Entry, Excluded, NextPage, NextPageChoice, Spellings, Tally};
use headstart::speculation::{Action, Eagerness};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Write;
use std::hint::black_box;
use std::rc::Rc;

/// Counts what each thread has allocated and not freed, as an allocator rounds it.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// An allocator in WebAssembly puts a few bytes in front of each piece, and rounds up.
fn rounded(layout: Layout) -> isize {
    ((layout.size() + 8).next_multiple_of(16)) as isize
}

fn add(bytes: isize) {
    // A thread that ends has none any more.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: all is left to the system's allocator; what is counted does not allocate.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(rounded(layout));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-rounded(layout));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many bytes what is made takes, for as long as it is there.
fn held_by<T>(make: impl FnOnce() -> T) -> usize {
    let before = HELD.get();
    let made = black_box(make());
    let held = HELD.get() - before;
    drop(made);
    usize::try_from(held).unwrap()
}

/// Hints of so many pages, each of which has so many origins.
fn hints(pages: usize, origins: usize) -> String {
    let hints: Vec<String> = (0..origins).map(|at| format!(r#"["https://cdn-{at}.example",3]"#)).collect();
    let mut value = r#"{"version":2,"pages":{"#.to_owned();
    for page in 0..pages {
        let comma = if page == 0 { "" } else { "," };
        write!(value, r#"{comma}"/p/{page}":[{}]"#, hints.join(",")).unwrap();
    }
    value + "}}"
}

/// The same with what each page preloads.
fn preloads(pages: usize, resources: usize) -> String {
    let resources: Vec<String> =
        (0..resources).map(|at| format!(r#"{{"u":"/assets/{at}.css","as":"style"}}"#)).collect();
    let list = (0..pages).map(|page| format!(r#""/p/{page}":[{}]"#, resources.join(",")));
    let preloads: Vec<String> = list.collect();
    let pages = hints(pages, 2);
    format!(r#"{},"preloads":{{{}}}}}"#, pages.strip_suffix('}').unwrap(), preloads.join(","))
}

/// The next pages of so many pages, each of which has so many, with paths of this length.
fn next_pages(pages: usize, nexts: usize, length: usize, excluded: usize) -> String {
    let path = |page: usize| format!("/{page:0length$}");
    let next = |page: usize| NextPage {
        path: path(page),
        pr: 0.25,
        eagerness: Eagerness::Moderate,
        action: Action::Prefetch,
        is_unvarying: true,
        spellings: Spellings::of([page % 2 == 1; 3]),
        tally: Tally::default(),
    };
    let entry = |page: usize| Entry::new((0..nexts).map(|at| next(page + at)).collect(), true, true);
    let pages = (0..pages).map(|page| (path(page), entry(page))).collect();
    let excluded = (0..excluded).map(|page| Excluded::of(&path(page), true)).collect();
    NextPageChoice { pages, excluded, ..NextPageChoice::default() }.to_value()
}

#[test]
fn what_a_copy_takes_of_memory_is_no_more_than_what_is_counted_of_it() {
    for value in
        [hints(1000, 0), hints(1000, 5), hints(1000, 40), hints(3, 1), preloads(1000, 4), preloads(1, 1)]
    {
        let mut counted = 0;
        let held = held_by(|| {
            let read = HintSnapshot::parse(&value).unwrap();
            counted = bytes_of(value.len(), read.len());
            read
        });
        println!("hints of {} bytes: {held}, {:.2} times", value.len(), held as f64 / value.len() as f64);
        assert!(held <= counted, "{held} of {counted}");
    }
    let (config, _) = Config::read(std::iter::empty::<(&str, &str)>());
    let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
    for (pages, nexts, length, excluded) in
        [(1000, 1, 3, 0), (1000, 3, 30, 0), (1000, 3, 30, 200), (300, 5, 120, 0), (3, 1, 3, 0)]
    {
        let value = next_pages(pages, nexts, length, excluded);
        let mut counted = 0;
        let held = held_by(|| {
            let read = SiteNextPages::parse(&value, &config, &baseline).unwrap();
            for page in 0..pages {
                assert!(read.rule_set_at(&format!("/{page:0length$}")).is_some());
            }
            counted = read.bytes(value.len());
            read
        });
        println!(
            "next pages of {} bytes: {held}, {:.2} times",
            value.len(),
            held as f64 / value.len() as f64
        );
        assert!(held <= counted, "{held} of {counted}");
    }
}
