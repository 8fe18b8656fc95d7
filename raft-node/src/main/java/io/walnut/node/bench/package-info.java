/** {@code walnut wal bench}: runs the engine's benchmark and prints, as a table, JSON or Markdown, and plots what it finds. */
@NullMarked
package io.walnut.node.bench;

import org.jspecify.annotations.NullMarked;
