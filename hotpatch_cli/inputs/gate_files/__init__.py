"""Files of the gate: waivers and known findings."""
