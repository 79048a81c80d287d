use super::*;
use crate::Command;
use crate::tests::command;

fn run_on(text: &str, arguments: &str) -> String {
    let file = std::env::temp_dir().join(format!(
        "headstart-urls-{}-{:x}",
        std::process::id(),
        headstart::hash::fnv1a(text.as_bytes())
    ));
    std::fs::write(&file, text).unwrap();
    let Ok(Command::Urls(arguments)) = command(&format!("urls {arguments} {}", file.display())) else {
        panic!("{arguments}")
    };
    let judge = Judge::new(&arguments.added, &arguments.exempt).unwrap();
    let printed = listed(&judge, &file, arguments.is_json).unwrap();
    std::fs::remove_file(&file).unwrap();
    printed
}

#[test]
fn each_url_is_told_with_the_entry_that_says_so() {
    assert_eq!(
        run_on(
            "/about\thome\n/logout\nhttps://other.example:8080/cart/clear?x=1\n/posts/5/edit\n/x?sesskey=a\n",
            ""
        ),
        "/about        asked for                              named\n\
         /logout       refused: sign-out           path logout\n\
         https://other.example:8080/cart/clear?x=1  refused: cart  path clear\n"
    );
}
