//! The entry point of the page.

fn main() {
    mini_raft_web::app::start();
}
