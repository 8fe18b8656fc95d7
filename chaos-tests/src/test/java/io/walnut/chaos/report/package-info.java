/** What a person reads. */
@NullMarked
package io.walnut.chaos.report;

import org.jspecify.annotations.NullMarked;
