package labelled

import "strings"

// nicknames are common short forms of English and German given names, each line a name and its forms.
var nicknames = func() map[string]string {
	of := map[string]string{}
	for line := range strings.SplitSeq(`robert rob bob bobby robbie bert
william will bill billy willie liam
richard rick dick richie ricky
james jim jimmy jamie
john johnny jack jon
michael mike mick mickey
thomas tom tommy
joseph joe joey
charles charlie chuck
edward ed eddie ted teddy ned
elizabeth liz beth betty lizzie eliza libby elisabeth
margaret maggie meg peggy madge
katherine kate kathy katie catherine cathy kathryn
jennifer jen jenny
christopher chris kit
matthew matt
anthony tony
andrew andy drew
daniel dan danny
david dave davy
steven steve stephen
benjamin ben benny
samuel sam sammy
alexander alex sandy
nicholas nick nicky
patrick pat paddy
patricia pat patty tricia
susan sue susie suzy
rebecca becky becca
deborah debbie deb
barbara barb babs
dorothy dot dottie dolly
victoria vicky tori
abigail abby gail
gregory greg
jeffrey jeff geoffrey
kenneth ken kenny
lawrence larry laurence
leonard len lenny
ronald ron ronnie
donald don donny
timothy tim
peter pete
philip phil phillip
raymond ray
theodore theo
vincent vince
walter walt
zachary zach zack
frederick fred freddie friedrich fritz
henry harry hank heinrich heinz
francis frank
hans johann johannes
josef sepp
mary molly polly maria
ann anne anna annie nancy
jessica jess jessie
jacqueline jackie
pamela pam
sandra sandy
cynthia cindy
valerie val
joshua josh
nathaniel nathan nate
jonathan jon
ernest ernie
albert al bertie
harold harry hal
stanley stan
george georgie
isabella bella isabel
gabriel gabe
emily em emmy
caroline carrie carol
amanda mandy
eleanor ellie nell
sarah sally`, "\n") {
		words := strings.Fields(line)
		for _, w := range words {
			if _, taken := of[w]; !taken {
				of[w] = words[0]
			}
		}
	}
	return of
}()

// nickname is the full form of a short given name, and any other name itself.
func nickname(name string) string {
	if full, ok := nicknames[name]; ok {
		return full
	}
	return name
}
