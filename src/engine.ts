import { serve } from './rpc/server.ts';

serve();
