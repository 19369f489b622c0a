/** Numbers that endpoints have, under the names that configurations use. */
@NullMarked
package io.llmd.scheduler.plugin.attribute;

import org.jspecify.annotations.NullMarked;
