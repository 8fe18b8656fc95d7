/** What clients do to a cluster while it suffers, and what they write down of it. */
@NullMarked
package io.walnut.chaos.workload;

import org.jspecify.annotations.NullMarked;
