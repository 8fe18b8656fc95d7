/**
 * The command line {@code walnut}: the verbs of the client. The node's module adds its own.
 *
 * <pre>
 * WalnutCli -> verb (Command class) -> Walnut (io.walnut.client)
 *                   |
 *                   +-> Terminal (streams), Output (table, json, jsonl), ExitCode
 * </pre>
 */
@NullMarked
package io.walnut.cli;

import org.jspecify.annotations.NullMarked;
