/**
 * Histories in the forms that other people's programs read, so that somebody else can judge a run:
 * {@code history.jsonl -> Events -> Exports -> one file or several of each Form}. Knows histories alone.
 */
@NullMarked
package io.walnut.chaos.export;

import org.jspecify.annotations.NullMarked;
