/** What the clients of a cluster did and saw: one operation after another, as it is recorded, kept and judged. */
@NullMarked
package io.walnut.chaos.history;

import org.jspecify.annotations.NullMarked;
