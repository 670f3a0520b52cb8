// Beast's own code, compiled once for the room (BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/beast/src.hpp>
