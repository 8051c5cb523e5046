// The hub as a tree of directories (io/remote_tree.hpp): hf://OWNER/NAME[@REV][/PATH].
#pragma once

namespace aerotool::hub {

/// From now on names that begin with hf:// are those of a hub, whatever opens or lists them. Looks at nothing
/// and asks for nothing before one is used.
void serve_hub_names();

}  // namespace aerotool::hub
