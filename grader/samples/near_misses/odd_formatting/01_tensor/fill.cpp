// fill: from an editor of Windows, with tabs, a byte-order mark and letters beyond ASCII: größe, 크기.
#include	"kiln/kernels/tensor.hpp"


using namespace kiln ;void impl :: fill(View out
	,float value){for(std::int64_t element=0;element<out.size( );++element)
	{	std::int64_t rest=element,offset=0	;for(int d=out.rank()-1;d>=0;--d){offset+=rest%out.shape[d]*out.strides[d];rest/=out.shape[d];}

		out.data [ offset ]=value ; } }