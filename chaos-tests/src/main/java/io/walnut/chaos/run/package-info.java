/** One run of a workload on a cluster under faults, from its beginning to its verdict. */
@NullMarked
package io.walnut.chaos.run;

import org.jspecify.annotations.NullMarked;
