//! The project's own files, as the tests read them.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the tests are a folder of the checkout").to_path_buf()
}

/// A text file of the project.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the root, with `/` between folders.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// The files below `folder` (a path below the root, or `""` for all) whose names end with one of `endings`,
/// in the order of their paths. What is built, installed, or hidden (a name that begins with a dot) is left out.
///
/// # Panics
/// If a folder or a file cannot be read, or a file is not text.
pub fn files_below(folder: &str, endings: &[&str]) -> Vec<SourceFile> {
    let root = root();
    let mut found = Vec::new();
    collect(&root.join(folder), &mut |path| {
        let name = path.strip_prefix(&root).expect("it is below the root");
        let name = name.to_string_lossy().replace('\\', "/");
        if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
            found.push(SourceFile { path: name, text });
        }
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder's entry can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || ["target", "dist", "node_modules"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, visit);
        } else {
            visit(&path);
        }
    }
}
