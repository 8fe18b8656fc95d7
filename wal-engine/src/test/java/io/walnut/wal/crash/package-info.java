/** The crash harness: a scenario is crashed at every storage operation, every image recovered and compared with a model. */
@NullMarked
package io.walnut.wal.crash;

import org.jspecify.annotations.NullMarked;
