//! How far a command is, on the standard error of somebody who waits: nothing is drawn in the first second, nor where
//! nobody looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

/// A command that ends within this time says nothing of how far it is.
const SILENT: Duration = Duration::from_secs(1);
/// How often the time that has passed is drawn anew.
const TICK: Duration = Duration::from_millis(500);

/// A bar that appears when its command takes long.
pub struct Bar {
    bar: ProgressBar,
    appearing: JoinHandle<()>,
}

impl Bar {
    /// A bar drawn by a template of indicatif.
    ///
    /// # Errors
    /// When the template is none.
    pub fn new(template: &str) -> anyhow::Result<Bar> {
        let bar = ProgressBar::hidden();
        bar.set_style(ProgressStyle::with_template(template)?);
        let late = bar.clone();
        let appearing = tokio::spawn(async move {
            tokio::time::sleep(SILENT).await;
            late.set_draw_target(ProgressDrawTarget::stderr());
            late.enable_steady_tick(TICK);
        });
        Ok(Bar { bar, appearing })
    }

    /// Says how far the command is, and what it does now.
    pub fn at(&self, done: u64, total: u64, what: &'static str) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        if !what.is_empty() {
            self.bar.set_message(what);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.appearing.abort();
        self.bar.finish_and_clear();
    }
}
