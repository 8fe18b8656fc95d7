@NullMarked
package io.walnut.chaos.scorecard;

import org.jspecify.annotations.NullMarked;
