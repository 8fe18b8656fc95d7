/** What clients do, and what they write down of it. */
@NullMarked
package io.walnut.chaos.workload;

import org.jspecify.annotations.NullMarked;
